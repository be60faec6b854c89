import { describe, expect, it } from "vitest";

import { hasColour } from "./colour.ts";
import { ClosedPipe, Output } from "./output.ts";
import { grouped, Progress, progressLine } from "./progress.ts";
import { printTable } from "./table.ts";

/** A stream that keeps what it is given. */
class Kept {
  text = "";
  failure: Error | undefined;
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(isTTY = false, columns = 60) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string, done: (error?: Error) => void): boolean {
    this.text += text;
    queueMicrotask(() => (this.failure === undefined ? done() : done(this.failure)));
    return true;
  }

  on(): void {}
}

describe("hasColour", () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { TERM: "dumb" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [true, { FORCE_COLOR: "0" }, false],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("terminal %s with %j: %s", (isTTY, env, colour) => {
    expect(hasColour({ isTTY }, env)).toBe(colour);
  });
});

describe("Output", () => {
  it("escapes what is not safe", async () => {
    const stream = new Kept(true);
    await new Output(stream, { NO_COLOR: "1" }).line("a\u001b[31mb\nc");
    expect(stream.text).toBe("a\\u001b[31mb\\nc\n");
  });

  it("keeps lines together until there are many, or until it is flushed", async () => {
    const stream = new Kept();
    const out = new Output(stream, {});
    await out.line("one");
    expect(stream.text).toBe("");
    await out.line("x".repeat(70_000));
    expect(stream.text.length).toBe(70_005);
    await out.json({ a: "\u009b" });
    await out.flush();
    expect(stream.text.endsWith('{\n  "a": "\u009b"\n}\n')).toBe(true);
  });

  it("says when nobody reads any more, and passes other errors on", async () => {
    const stream = new Kept(true);
    const out = new Output(stream, {});
    stream.failure = Object.assign(new Error("gone"), { code: "EPIPE" });
    await expect(out.line("x")).rejects.toBeInstanceOf(ClosedPipe);
    stream.failure = Object.assign(new Error("full"), { code: "ENOSPC" });
    await expect(out.line("x")).rejects.toThrow("full");
  });
});

describe("printTable", () => {
  const columns = [{ title: "ISSUE" }, { title: "N", right: true }, { title: "ABOUT" }];
  const rows = [
    ["PROJ-1", 7, "日本語"],
    [{ text: "P\u001b", style: "failure" }, 1234, "long ".repeat(20)],
  ] as const;

  it("aligns on a terminal and cuts the last column", async () => {
    const stream = new Kept(true, 50);
    await printTable(new Output(stream, { NO_COLOR: "1" }), columns, rows);
    expect(stream.text.split("\n")).toEqual([
      "ISSUE       N  ABOUT",
      "PROJ-1      7  日本語",
      "P\\u001b  1234  long long long long long long long…",
      "",
    ]);
  });

  it("prints whole rows with tabs elsewhere, without a heading", async () => {
    const stream = new Kept();
    const out = new Output(stream, {});
    await printTable(out, columns, rows);
    await out.flush();
    expect(stream.text).toBe(`PROJ-1\t7\t日本語\nP\\u001b\t1234\t${"long ".repeat(20)}\n`);
  });

  it("styles cells where there is colour", async () => {
    const stream = new Kept(true);
    await printTable(new Output(stream, {}), columns, rows);
    expect(stream.text).toContain("\u001b[31mP\\u001b\u001b[39m");
  });
});

describe("Progress", () => {
  it("shows count, rate and time left after 0.4 s, at most ten times a second, and cleans up", () => {
    const stream = new Kept(true);
    let now = 0;
    {
      using progress = new Progress(stream, {
        label: "reading",
        unit: "events",
        total: 1000,
        clock: () => now,
      });
      for (now = 0; now < 1000; now += 10) progress.add(1);
    }
    const drawn = stream.text.split("\r\u001b[2K").slice(1);
    expect(drawn[0]).toBe("reading 41/1,000 events  4%  103/s  10 s left");
    expect(drawn).toHaveLength(7);
    expect(drawn.at(-1)).toBe("");
  });

  it("is silent without a terminal and for short work", () => {
    const [pipe, terminal] = [new Kept(false), new Kept(true)];
    let now = 0;
    for (const stream of [pipe, terminal]) {
      using progress = new Progress(stream, { label: "reading", unit: "events", clock: () => now });
      now += stream === pipe ? 5000 : 100;
      progress.add(1);
    }
    expect(pipe.text + terminal.text).toBe("");
  });

  it("groups digits the same everywhere", () => {
    expect([grouped(7), grouped(1234), grouped(1_873_000), grouped(0.5)]).toEqual([
      "7",
      "1,234",
      "1,873,000",
      "0.5",
    ]);
    expect(progressLine(5, 1000, { label: "reading", unit: "events" })).toBe("reading 5 events  5/s");
  });
});
