// Bundles the page of a benchmark in the browser: node bench/canvas/build.mjs <output file> [<page.ts>]
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { sharedRegistry } from "../../js/extra-bundle.mjs";
import { inlineWorker } from "../../js/inline-worker.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));

await esbuild.build({
  entryPoints: [path.join(here, process.argv[3] ?? "page.ts")],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  plugins: [inlineWorker({ minify: true }), sharedRegistry([], here)],
  logLevel: "warning",
});
