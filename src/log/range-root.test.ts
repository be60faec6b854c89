import { createHash } from "node:crypto";

import { expect, test } from "vitest";

import { leafHash, leafHashOfBytes } from "./leaf-hash.ts";
import { rangeRoot } from "./range-root.ts";

const sha256 = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962, section 2.1, as it stands there. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), first);
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, left)), treeHash(leaves.slice(left)));
}

test("the root is the Merkle tree hash of the RFC, for every number of leaves", () => {
  const lines = Array.from({ length: 130 }, (_, index) => `{"line":${index}}`);
  for (let count = 0; count <= lines.length; count++) {
    const some = lines.slice(0, count);
    const expected = treeHash(some.map((line) => Buffer.from(line))).toString("hex");
    expect(rangeRoot(some.map(leafHash)), String(count)).toBe(expected);
  }
});

test("the RFC's own test vectors come out", () => {
  const leaves = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ];
  const roots = leaves.map((_, index) =>
    rangeRoot(leaves.slice(0, index + 1).map((hex) => leafHashOfBytes(Buffer.from(hex, "hex")))),
  );
  expect([roots[0], roots[1], roots[7]]).toEqual([
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]);
});
