/** An editor over a document in memory: no kernel, no canvas. */
import { signal } from "@preact/signals";
import { JobDocument } from "../../src/document/document";
import type { AttributeSpec, LabelSpec } from "../../src/document/records";
import { Editor, type Settings } from "../../src/editor";
import { FramePlayer } from "../../src/frames/player";
import type { Link } from "../../src/wire/link";

export const spec = (id: number, changes: Partial<AttributeSpec> = {}): AttributeSpec => ({
  id,
  name: `attribute ${id}`,
  input_type: "select",
  values: ["a", "b", "c"],
  default_value: "a",
  mutable: false,
  ...changes,
});

export const label = (id: number, changes: Partial<LabelSpec> = {}): LabelSpec => ({
  id,
  name: `label ${id}`,
  color: "#ff0000",
  type: "any",
  attributes: [],
  sublabels: [],
  svg: "",
  ...changes,
});

export interface Made {
  readonly editor: Editor;
  readonly deleted: { value: ReadonlySet<number> };
}

export function makeEditor(labels: readonly LabelSpec[], frames = 10, settings: Partial<Settings> = {}): Made {
  let seq = 0;
  const document = new JobDocument((name, changes) => ({ client: "a", seq: ++seq, base: 0, label: name, changes }));
  document.addIds(1, 10_000);
  const deleted = signal<ReadonlySet<number>>(new Set());
  const link = { call: () => new Promise(() => undefined) } as unknown as Link;
  const player = new FramePlayer(link, { first: 0, last: frames - 1, fps: null });
  const table = {
    count: frames,
    kind: "images" as const,
    fps: null,
    get deleted() {
      return deleted.value;
    },
    nameOf: (frame: number) => `picture_${frame}.png`,
    sizeOf: () => [640, 480] as const,
  };
  const info = {
    task: { id: 1, uid: "u", name: "t" },
    job: { id: 1, start: 0, stop: frames - 1 },
    user: "ann",
    readOnly: false,
  };
  return { editor: new Editor(info, signal(labels), table, document, player, link, settings), deleted };
}
