import type { CompiledFilter } from "./filter.ts";
import { FilterReader } from "./filter-reader.ts";

/**
 * Checks a filter and readies it.
 * @throws ValidationError (`ESO_INVALID_QUERY`) naming every key that cannot be understood.
 *
 * @example
 * ```ts
 * const page = await queryPage(source, parseFilter({ text: "login timeout", limit: 20 }), options);
 * ```
 */
export function parseFilter(input: unknown): CompiledFilter {
  const reader = new FilterReader(input);
  const filter: CompiledFilter = {
    equals: reader.equality(),
    commit: reader.commit(),
    timestamp: reader.range("fromTimestamp", "toTimestamp"),
    recorded: reader.range("fromRecorded", "toRecorded"),
    words: reader.words(),
    order: reader.order(),
    limit: reader.limit(),
    after: reader.string("after"),
    includeVoided: reader.flag("includeVoided"),
  };
  reader.finish();
  return filter;
}
