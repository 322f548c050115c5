// Builds the front end into cvat_widgets/static: the annotator (one ES module, the worker inside it as text), its style sheet, and
// the panels that are fetched when they are first wanted.
import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { writeActionTable } from "./action-table.mjs";
import { buildBoth } from "./extra-bundle.mjs";
import { inlineWorker } from "./inline-worker.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "..");
const outdir = path.join(root, "cvat_widgets/static");
const debug = process.argv.includes("--debug");
const BUDGET = 300 * 1024; // the module travels with every widget instance
const ENTRY_BUDGET = 6 * 1024; // it is read before the first picture is shown

/** Widgets with a module of their own, one line each: its name in cvat_widgets/static, its entry, and the most it may weigh. */
const WIDGETS = [
  { name: "labels", entry: "src/labels/index.ts", kilobytes: 100 },
  { name: "studio", entry: "src/studio/index.tsx", kilobytes: 120 },
  { name: "linked", entry: "src/linked/index.tsx", kilobytes: 60 },
];

const options = {
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
};

await mkdir(outdir, { recursive: true });
await buildBoth({
  entry: path.join(here, "src/entry.ts"),
  main: path.join(here, "src/index.ts"),
  extra: path.join(here, "src/extra.ts"),
  outdir,
  root,
  options,
});
for (const { name, entry } of WIDGETS) {
  await esbuild.build({ ...options, absWorkingDir: root, entryPoints: { [name]: path.join(here, entry) }, outdir });
}
await writeActionTable(path.join(here, "src/actions/actions.ts"), path.join(outdir, "actions.json"), options);

const sizeOf = async (name) => (await stat(path.join(outdir, `${name}.js`))).size;
const budgets = [
  ["entry", ENTRY_BUDGET],
  ["annotator", BUDGET],
  ...WIDGETS.map(({ name, kilobytes }) => [name, kilobytes * 1024]),
];
console.log(`panels.js: ${((await sizeOf("panels")) / 1024).toFixed(0)} KB`);
for (const [name, budget] of budgets) {
  const size = await sizeOf(name);
  console.log(`${name}.js: ${(size / 1024).toFixed(0)} KB of ${budget / 1024} KB`);
  if (size > budget && !debug) {
    console.error(`${name}.js is over its budget.`);
    process.exitCode = 1;
  }
}
