const MESSAGE_CHARACTERS_MAX = 200;

/** What differs from one time to the next, the larger patterns first. All take linear time: messages are hostile. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "<id>"],
  [/\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?/g, "<time>"],
  [/https?:\/\/[^\s"'<>)]+/gi, "<url>"],
  [/(?<![\w.~<])(?:[a-z]:)?[~.]{0,2}[/\\][\w.@~+-]+(?:[/\\][\w.@~+-]+)*(?::\d+){0,2}/gi, "<path>"],
  [/(?<![\w-])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}(?![\w-])/gi, "<hash>"],
  [/0x[0-9a-f]+/gi, "<n>"],
  [/\d+(?:\.\d+)?/g, "<n>"],
];

/**
 * A message without what differs from one time to the next, so that errors with the same cause read the same.
 *
 * @example
 * ```ts
 * maskedMessage("timeout after 3021 ms at /srv/app/pay.ts:41"); // "timeout after <n> ms at <path>"
 * ```
 */
export function maskedMessage(message: string): string {
  // Cut first, with a margin: what masks leave is shorter.
  let masked = message.slice(0, 4 * MESSAGE_CHARACTERS_MAX).trim();
  for (const [pattern, mask] of MASKS) masked = masked.replaceAll(pattern, mask);
  masked = masked.replaceAll(/\s+/g, " ");
  return masked.length > MESSAGE_CHARACTERS_MAX ? `${masked.slice(0, MESSAGE_CHARACTERS_MAX - 1)}…` : masked;
}
