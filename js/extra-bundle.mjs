// Two bundles that share their modules: the annotator, which travels with every widget, and panels fetched when first wanted.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as esbuild from "esbuild";

/** The global under which the annotator hands its modules to the panels; of one build only, so that two never mix. */
const GLOBAL = "__CVAT_WIDGETS_MODULES__";
const VIRTUAL = "virtual:shared";
/** Icons are taken one by one: shared, the file that names them all would bring all of them into the annotator. */
const TAKEN_APART = /^node_modules\/lucide-preact\//;

/** What `virtual:shared` is: the modules of `files`, by name. */
export function sharedRegistry(files, root) {
  return {
    name: "shared-registry",
    setup(build) {
      build.onResolve({ filter: /^virtual:shared$/ }, () => ({ path: VIRTUAL, namespace: VIRTUAL }));
      build.onLoad({ filter: /.*/, namespace: VIRTUAL }, () => {
        const imports = files.map((file, i) => `import * as m${i} from ${JSON.stringify(path.join(root, file))};`);
        const entries = files.map((file, i) => `${JSON.stringify(file)}: m${i}`);
        return { contents: `${imports.join("\n")}\nexport const shared = {${entries.join(",")}};`, resolveDir: root };
      });
    },
  };
}

function fromAnnotator(files, root) {
  const shared = new Set(files);
  return {
    name: "from-annotator",
    setup(build) {
      build.onResolve({ filter: /.*/ }, async (args) => {
        if (args.pluginData === VIRTUAL || args.kind === "entry-point") return undefined;
        const found = await build.resolve(args.path, {
          resolveDir: args.resolveDir,
          importer: args.importer,
          kind: args.kind,
          pluginData: VIRTUAL,
        });
        const file = path.relative(root, found.path);
        return shared.has(file) ? { path: file, namespace: "annotator" } : found;
      });
      build.onLoad({ filter: /.*/, namespace: "annotator" }, ({ path: file }) => ({
        contents: `module.exports = globalThis[${GLOBAL}][${JSON.stringify(file)}];`,
        loader: "js",
      }));
    },
  };
}

async function inputsOf(options) {
  const { metafile } = await esbuild.build({ ...options, metafile: true, write: false, logLevel: "silent" });
  return metafile.inputs;
}

/** Build `entry`, which loads `main`, and `main` and `extra` into `outdir`; returns nothing. */
export async function buildBoth({ entry, main, extra, outdir, root, options }) {
  const base = { ...options, absWorkingDir: root, outdir };
  const define = { [GLOBAL]: '""' };
  const mainInputs = await inputsOf({
    ...base,
    define,
    entryPoints: [main],
    plugins: [...base.plugins, sharedRegistry([], root)],
  });
  const extraInputs = await inputsOf({
    ...base,
    define,
    entryPoints: [extra],
    plugins: [...base.plugins, sharedRegistry([], root)],
  });
  const wanted = new Set();
  for (const [file, { imports }] of Object.entries(extraInputs)) {
    if (file in mainInputs) continue;
    for (const { path: imported } of imports) if (imported in mainInputs && !TAKEN_APART.test(imported)) wanted.add(imported);
  }
  // Style sheets and the like have no exports.
  const files = [...wanted].filter((file) => /\.(tsx?|m?js)$/.test(file)).sort();
  const hash = createHash("sha256");
  for (const file of Object.keys({ ...mainInputs, ...extraInputs }).sort()) {
    hash.update(await readFile(path.join(root, file.replace(/^[\w-]+:/, ""))).catch(() => Buffer.from(file)));
  }
  const build = { [GLOBAL]: JSON.stringify(`cvatWidgets-${hash.digest("hex").slice(0, 12)}`) };
  await esbuild.build({ ...base, define: build, entryPoints: { entry } });
  await esbuild.build({
    ...base,
    define: build,
    entryPoints: { annotator: main },
    plugins: [...base.plugins, sharedRegistry(files, root)],
  });
  await esbuild.build({
    ...base,
    define: build,
    entryPoints: { panels: extra },
    plugins: [fromAnnotator(files, root), ...base.plugins],
  });
}
