import { isSchemeCode } from "./characters.ts";
import type { Finding } from "./finding.ts";
import { isPlaceholder, isRandom } from "./secret-values.ts";

const AUTHORITY_MAX = 1_024;
/** Userinfo has none of these unescaped, and an authority ends with the first. */
const ENDS = new Set(" \t\r\n/\"'<>`\\".split("").map((character) => character.charCodeAt(0)));

/** The credentials in a URL whose `://` begins here; scheme, user and host stay. */
export function urlCredentialsAt(text: string, colon: number): Finding | undefined {
  if (!isSchemeCode(text.charCodeAt(colon - 1))) return undefined;
  const from = colon + 3;
  const most = Math.min(text.length, from + AUTHORITY_MAX);
  let at = -1;
  for (let i = from; i < most; i++) {
    const code = text.charCodeAt(i);
    if (code === 64) at = i;
    else if (ENDS.has(code)) break;
  }
  return at <= from ? undefined : inUserInfo(text, from, at);
}

function inUserInfo(text: string, from: number, at: number): Finding | undefined {
  const colon = text.slice(from, at).indexOf(":");
  const user = colon === -1 ? text.slice(from, at) : text.slice(from, from + colon);
  const password = colon === -1 ? "" : text.slice(from + colon + 1, at);
  const rule = "url-credentials";
  // a token instead of a user; names of 32 hex digits are the public part of an ingest address
  if (isRandom(user, 20) && !/^[0-9a-f]{32}$/.test(user) && !user.includes("@"))
    return { start: from, end: at, rule, random: false };
  if (password === "" || password === "x-oauth-basic" || isVariable(password)) return undefined;
  return { start: from + colon + 1, end: at, rule, random: false };
}

/** Weak passwords are passwords too, so that only masks and variables are left. */
function isVariable(password: string): boolean {
  return isPlaceholder(password) && !/^[a-z0-9_]+$/i.test(password.replaceAll(/^[xX*.]+$/g, "*"));
}
