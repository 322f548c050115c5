// An esbuild plugin for workers.
import path from "node:path";
import * as esbuild from "esbuild";

/** `import source from "./x.worker.ts?inline"` gives the bundled worker as a string: a widget has no URL to load a chunk from. */
export const inlineWorker = ({ minify }) => ({
  name: "inline-worker",
  setup(build) {
    build.onResolve({ filter: /\?inline$/ }, (args) => ({
      path: path.resolve(args.resolveDir, args.path.replace(/\?inline$/, "")),
      namespace: "inline-worker",
    }));
    build.onLoad({ filter: /.*/, namespace: "inline-worker" }, async (args) => {
      const result = await esbuild.build({
        entryPoints: [args.path],
        bundle: true,
        write: false,
        minify,
        format: "iife",
        target: "es2022",
      });
      return { contents: result.outputFiles[0].text, loader: "text", watchFiles: [args.path] };
    });
  },
});
