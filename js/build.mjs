// Builds the front end into cvat_widgets/static: one ES module and one style sheet, the worker inside the module as text.
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { inlineWorker } from "./inline-worker.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.resolve(here, "../cvat_widgets/static");
const watch = process.argv.includes("--watch");
const BUDGET = 300 * 1024; // the module travels with every widget instance

const options = {
  entryPoints: { annotator: path.join(here, "src/index.ts") },
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  loader: { ".svg": "text" },
  plugins: [inlineWorker({ minify: !watch })],
  logLevel: "info",
};

await mkdir(outdir, { recursive: true });
if (watch) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await esbuild.build(options);
  const { size } = await stat(path.join(outdir, "annotator.js"));
  console.log(`annotator.js: ${(size / 1024).toFixed(0)} KB of ${BUDGET / 1024} KB`);
  if (size > BUDGET) {
    console.error("The bundle is over its budget.");
    process.exit(1);
  }
}
