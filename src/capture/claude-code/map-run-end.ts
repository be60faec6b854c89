import type { Actor } from "../../event/envelope.ts";
import type { Mapping } from "./mapping.ts";
import type { Seen } from "./observation.ts";

/** Who tells of beginnings and ends. */
export const CLAUDE_CODE: Actor = { type: "system", id: "claude-code" };

/** Whether the issue's orchestration has ended by a moment, that moment included. */
export function isOver({ runs }: Mapping, { at }: Seen, issue: string): boolean {
  // A moment behind, since what happens at the very moment does not count.
  const behind = new Date(Date.parse(at) + 1).toISOString();
  return runs.at(issue, behind)?.ended === true;
}

/** What ends an orchestration for good. */
export function endRun(
  mapping: Mapping,
  seen: Seen,
  end: {
    readonly type: "OrchestrationCompleted" | "OrchestrationFailed";
    readonly metadata: Record<string, unknown>;
  },
): void {
  const { segment } = mapping.state;
  if (segment?.issue === undefined || segment.correlation === undefined) return;
  mapping.runs.add(segment.issue, { type: "ended", at: seen.at, correlation: segment.correlation });
  const key = `${segment.correlation}:${end.type === "OrchestrationCompleted" ? "completed" : "failed"}`;
  mapping.emit(seen, { type: end.type, key: `cc:${key}`, actor: CLAUDE_CODE, metadata: end.metadata });
}
