import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, symlinkSync } from "node:fs";

import { build } from "esbuild";

import packageJson from "../package.json" with { type: "json" };

// The library keeps one file a module, so that bundlers and stack traces see its real shape; the command is
// bundled, because hooks pay for its start on every event.
rmSync("dist", { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
await build({
  entryPoints: { eso: "src/cli/eso.ts", main: "src/cli/main.ts" },
  outdir: "dist/bin",
  bundle: true,
  // Loaded only when needed, and not ES modules: bundled, their names would be lost on the way.
  external: ["yaml", "ajv", "ajv/*", "re2js", "@marcbachmann/cel-js"],
  splitting: true,
  minify: true,
  keepNames: true,
  format: "esm",
  platform: "node",
  target: "node24",
  chunkNames: "chunks/[name]-[hash]",
  define: { "process.env.ESO_VERSION": JSON.stringify(packageJson.version) },
  banner: {
    js: 'import { createRequire as __eso } from "node:module"; const require = __eso(import.meta.url);',
  },
});
chmodSync("dist/bin/eso.js", 0o755);
// npm links the commands of dependencies, never a package's own: this is what makes `npx eso` run in the checkout.
rmSync("node_modules/.bin/eso", { force: true });
symlinkSync("../../dist/bin/eso.js", "node_modules/.bin/eso");
