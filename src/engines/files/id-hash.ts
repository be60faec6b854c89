/**
 * 53 bits of a string, evenly spread: two 32-bit multiplicative hashes over its UTF-16 units. Only a first
 * sieve: every hit is confirmed by reading the line, so a collision costs a read and nothing else.
 */
export function idHash(text: string): number {
  let high = 0x9e3779b9 ^ text.length;
  let low = 0x85ebca6b ^ text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    high ^= high >>> 15;
    low = Math.imul(low ^ unit, 0x85ebca77);
    low ^= low >>> 13;
  }
  high = Math.imul(high ^ (low >>> 16), 0xc2b2ae3d);
  low = Math.imul(low ^ (high >>> 13), 0x27d4eb2f);
  high ^= high >>> 16;
  low ^= low >>> 15;
  return (high >>> 11) * 0x1_0000_0000 + (low >>> 0);
}

/** Natural keys and event ids share one table; the prefix keeps them apart. */
export function keyHash(idempotencyKey: string): number {
  return idHash(`k\0${idempotencyKey}`);
}
