// Builds the front end into cvat_widgets/static: the annotator (one ES module, the worker inside it as text), its style sheet, and
// the panels that are fetched when they are first wanted.
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildBoth } from "./extra-bundle.mjs";
import { inlineWorker } from "./inline-worker.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "..");
const outdir = path.join(root, "cvat_widgets/static");
const debug = process.argv.includes("--debug");
const BUDGET = 300 * 1024; // the module travels with every widget instance

await mkdir(outdir, { recursive: true });
await buildBoth({
  main: path.join(here, "src/index.ts"),
  extra: path.join(here, "src/extra.ts"),
  outdir,
  root,
  options: {
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: !debug,
    sourcemap: debug ? "inline" : false,
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    loader: { ".svg": "text" },
    plugins: [inlineWorker({ minify: !debug })],
    logLevel: "info",
  },
});
const { size } = await stat(path.join(outdir, "annotator.js"));
const { size: extra } = await stat(path.join(outdir, "panels.js"));
console.log(`annotator.js: ${(size / 1024).toFixed(0)} KB of ${BUDGET / 1024} KB, panels.js: ${(extra / 1024).toFixed(0)} KB`);
if (size > BUDGET && !debug) {
  console.error("The annotator is over its budget.");
  process.exit(1);
}
