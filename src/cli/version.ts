import { readFileSync } from "node:fs";

/** The version of this package. The build puts it into the bundle, which then reads no file. */
export function version(): string {
  const built = process.env["ESO_VERSION"];
  if (built !== undefined) return built;
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return version;
}
