/** Text on one line, cut to so many characters with an ellipsis where something is missing. */
export function oneLine(text: string, charactersMax: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= charactersMax) return line;
  const kept = line.slice(0, charactersMax - 1);
  // Half of a surrogate pair is no character.
  return `${(kept.isWellFormed() ? kept : kept.slice(0, -1)).trimEnd()}…`;
}
