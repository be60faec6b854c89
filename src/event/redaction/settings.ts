import type { SafePattern } from "../re2.ts";

/** What the configuration says about redaction, in the words of its keys. */
export interface RedactionSettings {
  readonly enabled?: boolean | undefined;
  /** Rules of the user's own, `name=expression` in RE2 syntax. */
  readonly patterns?: readonly string[] | undefined;
  /** Names whose values are secret, besides the built-in ones. */
  readonly field_names?: readonly string[] | undefined;
  /** Names whose values are not, although they sound like it. */
  readonly allowed_field_names?: readonly string[] | undefined;
  /** RE2 expressions; what one of them matches as a whole is left alone. */
  readonly allow?: readonly string[] | undefined;
  readonly emails?: boolean | undefined;
  readonly home_folders?: boolean | undefined;
}

/** A rule of the user's own, ready to run. */
export interface CustomRule {
  readonly rule: string;
  readonly pattern: SafePattern;
}
