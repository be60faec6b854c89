import { isMarker } from "./marker.ts";
import type { NameVerdict } from "./secret-names.ts";
import { isRandom, isStandIn } from "./secret-values.ts";

/** Whether a whole text is secret because of the name of its field. */
export function isSecretByName(value: string, { kind, rule }: NameVerdict): boolean {
  if (isMarker(value) || isStandIn(value) || kind === "query") return false;
  if (kind === "hint") return isRandom(value, 24);
  if (kind === "password") return true;
  return !isSentence(value) && !(isSwitch(rule) && isWord(value));
}

/** `authorization: "granted"`, `cookies: "accepted"`. */
const isSwitch = (rule: string): boolean =>
  rule === "authorization" || rule === "cookie" || rule === "credentials";
const isWord = (value: string): boolean => value.length < 16 && /^[A-Za-z][a-z_-]*$/.test(value);

/** Several words without a digit say something about the secret. */
const isSentence = (value: string): boolean => /^[^\d=]*\s[^\d=]*\s[^\d=]*$/.test(value.slice(0, 512));
