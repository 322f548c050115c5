/** Made by the build: the modules that fetched panels share with the annotator, by file. */
declare module "virtual:shared" {
  export const shared: Readonly<Record<string, unknown>>;
}
