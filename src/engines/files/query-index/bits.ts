/** A set of small numbers below `size`. */
export class Bits {
  readonly size: number;
  readonly words: Uint32Array;

  constructor(size: number) {
    this.size = size;
    this.words = new Uint32Array((size + 31) >>> 5);
  }

  add(n: number): void {
    this.words[n >>> 5]! |= 1 << (n & 31);
  }

  addAll(): void {
    this.words.fill(0xffff_ffff);
    const used = this.size & 31;
    if (used !== 0) this.words[this.words.length - 1] = 2 ** used - 1;
  }

  /** Adds a bitmap of whole 32-bit words, little-endian, as `encodeBitmap` makes it. */
  addBitmap(bytes: Buffer): void {
    for (let i = 0; i < this.words.length; i++) this.words[i]! |= bytes.readUInt32LE(i * 4);
  }

  /** Keeps what the other set has too; false when nothing is left. */
  keepOnly(other: Bits): boolean {
    let any = 0;
    for (let i = 0; i < this.words.length; i++) any |= this.words[i]! &= other.words[i]!;
    return any !== 0;
  }

  *ascending(): Generator<number> {
    for (let i = 0; i < this.words.length; i++) {
      for (let word = this.words[i]!; word !== 0; word &= word - 1)
        yield i * 32 + (31 - Math.clz32(word & -word));
    }
  }

  *descending(): Generator<number> {
    for (let i = this.words.length - 1; i >= 0; i--) {
      for (let word = this.words[i]!; word !== 0;) {
        const bit = 31 - Math.clz32(word);
        yield i * 32 + bit;
        word &= ~(1 << bit);
      }
    }
  }
}

export function bitmapBytes(size: number): number {
  return ((size + 31) >>> 5) * 4;
}

export function encodeBitmap(numbers: readonly number[], size: number): Buffer {
  const bits = new Bits(size);
  for (const n of numbers) bits.add(n);
  const bytes = Buffer.alloc(bitmapBytes(size));
  bits.words.forEach((word, i) => bytes.writeUInt32LE(word, i * 4));
  return bytes;
}
