// The actions of the canvas as a file that Python reads: what `annotator.do(...)` accepts, and what the documentation lists.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

/** Modules that only mean something in a page. */
const absent = {
  name: "absent",
  setup(build) {
    build.onResolve({ filter: /^virtual:|\?inline$/ }, (args) => ({ path: args.path, namespace: "absent" }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export const shared = {}; export default '';" }));
  },
};

/** Write `[{id, label, group, keys}]` of every action to a file. */
export async function writeActionTable(actions, target, options) {
  const folder = await mkdtemp(path.join(tmpdir(), "cvat-widgets-"));
  try {
    const file = path.join(folder, "actions.mjs");
    await esbuild.build({
      ...options,
      entryPoints: [actions],
      outfile: file,
      minify: false,
      sourcemap: false,
      logLevel: "error",
      plugins: [absent],
      define: { __CVAT_WIDGETS_MODULES__: '""' },
    });
    const { ACTIONS } = await import(pathToFileURL(file).href);
    const rows = ACTIONS.map(({ id, label, group, keys }) => JSON.stringify({ id, label, group, keys }));
    await writeFile(target, `[\n${rows.join(",\n")}\n]\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
