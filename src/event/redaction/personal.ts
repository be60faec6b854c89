import type { Finding } from "./finding.ts";

const EMAIL = /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g;
/** The segment behind `/home/`, `/Users/` or `C:\Users\`. */
const HOME =
  /(?<=(?:(?<![\w.-])\/(?:var\/)?(?:home|Users)\/|\b[A-Za-z]:(?:\\{1,2}|\/)Users(?:\\{1,2}|\/)))[^/\\\s"'`:;,<>|*?]{1,64}/g;
/** Folders of nobody. */
const SHARED = new Set(["Shared", "Public", "Default", "linuxbrew", "runner"]);

/** E-mail addresses; `git@host` is how repositories are named, not a person. */
export function emailsIn(text: string): Finding[] {
  if (!text.includes("@")) return [];
  return [...text.matchAll(EMAIL)]
    .filter(([address]) => !address.startsWith("git@"))
    .map(({ index, 0: address }) => ({
      start: index,
      end: index + address.length,
      rule: "email",
      random: false,
    }));
}

/** Names of people in paths of home folders; what is below the folder stays. */
export function homeFoldersIn(text: string): Finding[] {
  if (!/home|Users/.test(text)) return [];
  return [...text.matchAll(HOME)]
    .filter(([name]) => !SHARED.has(name))
    .map(({ index, 0: name }) => ({
      start: index,
      end: index + name.length,
      rule: "home-folder",
      random: false,
    }));
}
