import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { columnsOf, cut, escaped, escapedJson, joined, padded, printable, safe, SafeText } from "./text.ts";

describe("escaped", () => {
  it.each([
    ["\u001b[2Jgone", "\\u001b[2Jgone"],
    ["\u0000", "\\u0000"],
    ["\u009b31m", "\\u009b31m"],
    ["a\u202eb", "a\\u202eb"],
    ["\u2066x\u2069", "\\u2066x\\u2069"],
    ["one\ntwo\tthree\r", "one\\ntwo\\tthree\\r"],
    ["\u2028", "\\u2028"],
    ["\u{e0041}", "\\udb40\\udc41"],
    ["\ud800", "\\ud800"],
  ])("writes out %j", (hostile, shown) => {
    expect(escaped(hostile)).toBe(shown);
  });

  it("leaves the world's languages and emoji alone", () => {
    const text = "Größe 日本語 עברית नमस्ते 👩‍👩‍👧 naïve\u0301";
    expect(escaped(text)).toBe(text);
  });

  it("leaves nothing that a terminal would obey, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // oxlint-disable-next-line no-control-regex -- the characters that must not get through
        expect(escaped(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("keeps JSON the same value", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(JSON.parse(escapedJson(json))).toEqual(JSON.parse(json));
      }),
    );
    expect(escapedJson(JSON.stringify("\u009b\u202e"))).toBe('"\\u009b\\u202e"');
  });
});

describe("safe", () => {
  it("escapes plain values and keeps safe ones", () => {
    expect(safe`${"\u001b"} ${new SafeText("\u001b[1m")} ${3}`.text).toBe("\\u001b \u001b[1m 3");
    expect(joined(["a\tb", 1], "\t").text).toBe("a\\tb\t1");
    expect(printable("\u0007")).toBe("\\u0007");
  });
});

describe("columns", () => {
  it("counts what a terminal shows", () => {
    expect(columnsOf("plain")).toBe(5);
    expect(columnsOf("日本")).toBe(4);
    expect(columnsOf("e\u0301")).toBe(1);
    expect(padded("日本", 6)).toBe("日本  ");
    expect(padded("7", 3, "left")).toBe("  7");
  });

  it("cuts to the columns it was given", () => {
    expect(cut("short", 5)).toBe("short");
    expect(cut("longer text", 7)).toBe("longer…");
    expect(cut("日本語", 4)).toBe("日…");
    expect(cut("anything", 0)).toBe("");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, columns) => {
        expect(columnsOf(cut(escaped(text), columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
