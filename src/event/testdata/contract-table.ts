import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A metadata field as the contract writes it. */
export interface ContractField {
  readonly name: string;
  readonly required: boolean;
  readonly kind: "array" | "object" | "plain";
}

/** The contract's table of event types, word for word: an oracle that owes nothing to the definitions. */
export function contractTable(): ReadonlyMap<string, readonly ContractField[]> {
  const text = readFileSync(join(import.meta.dirname, "contract-table.md"), "utf8");
  const rows = text.trim().split("\n").slice(2);
  return new Map(
    rows.map((row) => {
      const [, type = "", fields = ""] = row.split("|").map((cell) => cell.trim());
      const names = fields.replaceAll(/ \([^)]*\)/g, "").split(", ");
      return [type, names.map(contractField)];
    }),
  );
}

function contractField(written: string): ContractField {
  const bare = written.replaceAll("**", "");
  const name = bare.replace(/\[\]|\{\}/, "");
  const kind = bare.endsWith("[]") ? "array" : bare.endsWith("{}") ? "object" : "plain";
  return { name, required: written.startsWith("**"), kind };
}
