import { ConfigError } from "../../errors.ts";
import { loadPatternCompiler, type PatternCompiler, type SafePattern } from "../re2.ts";
import { plainName, Redactor } from "./redactor.ts";
import type { CustomRule, RedactionSettings } from "./settings.ts";

const RULE_SHAPE = /^(?<rule>[a-z][a-z0-9-]{0,39})=(?<expression>.+)$/s;

/**
 * Makes a redactor from settings; undefined when redaction is switched off.
 *
 * @throws ConfigError when a pattern cannot be compiled.
 * @example
 * ```ts
 * const redactor = await createRedactor({ patterns: ["acme-token=ACME-[0-9]{16}"] });
 * redactor?.text("ACME-1234567812345678").value; // "[REDACTED:acme-token]"
 * ```
 */
export async function createRedactor(settings: RedactionSettings = {}): Promise<Redactor | undefined> {
  if (settings.enabled === false) return undefined;
  const { patterns = [], allow = [], field_names: names = [], allowed_field_names: allowed = [] } = settings;
  const compile = patterns.length + allow.length === 0 ? undefined : await loadPatternCompiler();
  return new Redactor({
    rules: compile === undefined ? [] : patterns.map((text) => customRule(text, compile)),
    allow: compile === undefined ? [] : allow.map((text) => compiled(text, "redaction.allow", compile)),
    fieldNames: new Set(names.map(plainName)),
    allowedFieldNames: new Set(allowed.map(plainName)),
    emails: settings.emails === true,
    homeFolders: settings.home_folders === true,
  });
}

function customRule(text: string, compile: PatternCompiler): CustomRule {
  const { rule, expression } = RULE_SHAPE.exec(text)?.groups ?? {};
  if (rule === undefined || expression === undefined) throw unusable("redaction.patterns", text);
  return { rule, pattern: compiled(expression, "redaction.patterns", compile) };
}

function compiled(expression: string, path: string, compile: PatternCompiler): SafePattern {
  try {
    return compile(expression);
  } catch (cause) {
    throw unusable(path, expression, cause);
  }
}

function unusable(path: string, text: string, cause?: unknown): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", `${path}: ${text} is not a usable rule`, {
    hint: "A rule is a name and an expression of RE2 syntax, without backreferences and lookaround: acme-token=ACME-[0-9]{16}",
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
