/** A worker, bundled and given as text; see js/build.mjs. */
declare module "*?inline" {
  const source: string;
  export default source;
}
