// Bundles the page of the canvas benchmark: node bench/canvas/build.mjs <output file>
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { inlineWorker } from "../../js/inline-worker.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));

await esbuild.build({
  entryPoints: [path.join(here, "page.ts")],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  plugins: [inlineWorker({ minify: true })],
  logLevel: "warning",
});
