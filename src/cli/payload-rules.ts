import type { MappingRules } from "../capture/webhook/mapping.ts";
import type { Config } from "../config/config.ts";
import { issueKeyRule } from "../event/issue-key.ts";

/** How payloads of providers are understood, by the configuration. */
export async function payloadRules(config: Config): Promise<MappingRules> {
  const { bots, test_words, confluence_host } = config.ingest;
  const fault = await issueKeyRule(config.issue_key.pattern);
  return {
    projects: config.projects,
    deny: config.projects_deny,
    accepts: (key) => fault(key) === undefined,
    bots,
    testWords: test_words,
    ...(confluence_host === null ? {} : { confluenceHost: confluence_host }),
  };
}
