import { defineConfig } from "vitest/config";

/** Workers do not run in the tests; see js/inline-worker.mjs for what builds make of such an import. */
const inlineWorker = {
  name: "inline-worker",
  enforce: "pre" as const,
  resolveId: (id: string) => (id.endsWith("?inline") ? "\0inline-worker" : null),
  load: (id: string) => (id === "\0inline-worker" ? 'export default "";' : null),
};

/** In the tests there is one bundle of everything; see js/extra-bundle.mjs. */
const secondBundle = {
  name: "second-bundle",
  enforce: "pre" as const,
  resolveId: (id: string) => (id === "virtual:shared" ? "\0shared" : null),
  load: (id: string) => (id === "\0shared" ? "export const shared = {};" : null),
};

export default defineConfig({
  plugins: [inlineWorker, secondBundle],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { include: ["js/test/**/*.test.{ts,tsx}"], environment: "node" },
});
