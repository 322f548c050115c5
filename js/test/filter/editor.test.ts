import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { applyFilter, recentFilters } from "../../src/actions/filter-actions";
import { findFrame } from "../../src/actions/player";
import { JobDocument } from "../../src/document/document";
import type { LabelSpec } from "../../src/document/records";
import { Editor } from "../../src/editor";
import type { FramePlayer } from "../../src/frames/player";
import type { Link } from "../../src/wire/link";
import { golden } from "./golden";

const CARS = { and: [{ "==": [{ var: "label" }, "car"] }] };

function opened() {
  let seq = 0;
  const document = new JobDocument((label, changes) => ({ client: "a", seq: ++seq, base: 0, label, changes }));
  document.replaceAll(golden.records, 0, null);
  const labels = signal<readonly LabelSpec[]>(golden.labels);
  const player = { frame: signal(golden.frame), first: 0, last: 20 } as unknown as FramePlayer;
  const info = { task: { id: 1, uid: "u", name: "t" }, job: { id: 1, start: 0, stop: 20 }, user: "ann", readOnly: false };
  const frames = {
    count: 21,
    kind: "video",
    fps: 25,
    deleted: new Set<number>(),
    nameOf: String,
    sizeOf: () => [640, 480] as const,
  } as const;
  const editor = new Editor(info, labels, frames, document, player, {} as Link);
  const ids = () => editor.objects.value.map(({ id }) => id).sort((a, b) => a - b);
  return { editor, labels, ids };
}

describe("the filter of a view", () => {
  it("leaves only what matches, on every frame, and takes the rest out of the selection", () => {
    const { editor, ids } = opened();
    expect(ids().length).toBe(10);
    editor.selection.value = [1, 3, 9];
    applyFilter(editor, CARS);
    expect(ids()).toEqual([1, 2, 9]);
    expect(editor.selection.value).toEqual([1, 9]);
    expect(editor.objectsAt(6).map(({ id }) => id)).toEqual([9, 12]);
    applyFilter(editor, null);
    expect(ids().length).toBe(10);
  });

  it("follows edits", () => {
    const { editor, ids } = opened();
    applyFilter(editor, { ">": [{ var: "zOrder" }, 0] });
    expect(ids()).toEqual([2, 10]);
    editor.commit("Raise", { updated: { 1: { z_order: [0, 5] } } });
    expect(ids()).toEqual([1, 2, 10]);
  });

  it("says when it hides a new object", () => {
    const { editor } = opened();
    const record = golden.records[2];
    if (!record) throw new Error("The golden values have no third record.");
    applyFilter(editor, CARS);
    editor.commit("Draw", { added: [{ ...record, id: 50 }] });
    expect(editor.toasts.value.map(({ text }) => text)).toEqual(["The filter hides what was just made."]);
    editor.commit("Draw", { added: [{ ...record, id: 51, label: 1 }] });
    expect(editor.toasts.value.length).toBe(1);
  });

  it("hides nothing, and says why, when the labels no longer fit it", () => {
    const { editor, labels, ids } = opened();
    applyFilter(editor, { "==": [{ var: "attr.car.color" }, "red"] });
    expect(ids()).toEqual([1]);
    labels.value = golden.labels.map((label) => ({ ...label, attributes: [] }));
    expect(ids().length).toBe(10);
    expect(editor.filtering.value.problem).toContain("car.color");
  });

  it("leads from frame to frame", () => {
    const { editor } = opened();
    const find = (direction: 1 | -1) => findFrame({ editor } as Parameters<typeof findFrame>[0], direction, false);
    expect(find(1)).toBe(6);
    applyFilter(editor, { ">": [{ var: "width" }, 80] });
    expect(find(1)).toBe(8);
    applyFilter(editor, { "==": [{ var: "attr.car.color" }, "red"] });
    expect([find(-1), find(1)]).toEqual([3, 6]);
    applyFilter(editor, { "==": [{ var: "source" }, "auto"] });
    expect([find(-1), find(1)]).toEqual([null, null]);
  });

  it("is remembered: the last ten, each once, the newest first", () => {
    const { editor } = opened();
    const numbered = (n: number) => ({ and: [{ "==": [{ var: "objectID" }, n] }] });
    for (let n = 0; n < 12; n++) applyFilter(editor, numbered(n));
    applyFilter(editor, numbered(5));
    const expected = [5, 11, 10, 9, 8, 7, 6, 4, 3, 2].map(numbered);
    expect(recentFilters(editor)).toEqual(expected);
    editor.setSetting("recentFilters", ["{", '{"if": []}', JSON.stringify(CARS)]);
    expect(recentFilters(editor)).toEqual([CARS]);
    applyFilter(editor, null);
    expect(recentFilters(editor)).toEqual([CARS]);
  });
});
