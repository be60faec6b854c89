/** The body is longer than it may be. */
export class TooLarge extends Error {}

/**
 * A request's body, byte for byte. A longer one is refused when that is known: by its stated length before a byte is
 * read, else as soon as too much has come.
 * @throws TooLarge
 */
export async function bodyWithin(request: Request, most: number): Promise<Uint8Array> {
  const stated = Number(request.headers.get("content-length") ?? 0);
  if (stated > most) throw new TooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > most) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
