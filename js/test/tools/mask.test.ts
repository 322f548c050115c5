import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { convert } from "../../src/actions/conversions";
import { canConvert } from "../../src/actions/convertible";
import { invertEdit } from "../../src/document/changes";
import { JobDocument } from "../../src/document/document";
import type { AnnotationRecord, Edit, LabelSpec, ObjectState, ShapeRecord, TrackRecord } from "../../src/document/records";
import { Editor, type FrameTable, type JobInfo } from "../../src/editor";
import type { FramePlayer } from "../../src/frames/player";
import {
  areaOfBitmap,
  bitmapOfBox,
  decodeMask,
  encodeMask,
  hasPixel,
  intersect,
  isEmptyBitmap,
  sameBitmap,
  subtract,
  unite,
} from "../../src/geometry/bitmap";
import { fillPolygon } from "../../src/geometry/fill";
import type { Preview, Stage } from "../../src/scene/stage";
import { DrawMask } from "../../src/tools/mask/index";
import { editMask } from "../../src/tools/mask/open";
import { steppedSize } from "../../src/tools/mask/options";
import type { ToolEvent } from "../../src/tools/state";
import type { Link } from "../../src/wire/link";

const SIZE = [400, 300] as const;
const LABELS: readonly LabelSpec[] = (["any", "polygon"] as const).map((type, i) => ({
  id: i + 1,
  name: i === 0 ? "car" : "lane",
  color: "#ff0000",
  type,
  attributes: i === 0 ? [{ id: 7, name: "make", input_type: "text", values: [], default_value: "?", mutable: false }] : [],
  sublabels: [],
  svg: "",
}));

/** An editor without a kernel, a stage without a canvas, and the mask tool on it. */
class Bench {
  readonly edits: { label: string; edit: Edit; inverse: Edit }[] = [];
  readonly document: JobDocument;
  readonly editor: Editor;
  preview: Preview | null = null;
  tool: DrawMask | null = null;

  constructor() {
    this.document = new JobDocument((label, changes) => {
      const records = new Map([...this.document.all()].map((record) => [record.id, record]));
      this.edits.push({ label, edit: changes, inverse: invertEdit(changes, records) });
      return { client: "c", seq: this.edits.length, base: 0, label, changes };
    });
    this.document.addIds(1, 999);
    const frames: FrameTable = {
      count: 10,
      kind: "images",
      fps: null,
      deleted: new Set(),
      nameOf: () => "frame",
      sizeOf: () => SIZE,
    };
    const info: JobInfo = { task: { id: 1, uid: "", name: "" }, job: { id: 1, start: 0, stop: 9 }, user: "", readOnly: false };
    const player = { frame: signal(0) } as unknown as FramePlayer;
    this.editor = new Editor(info, signal(LABELS), frames, this.document, player, {} as Link);
  }

  /** Take up the tool, as the manager of tools does. */
  start(): DrawMask {
    this.editor.tool.value = "mask";
    const stage = {
      viewport: { scale: signal(1) },
      upToDate: true,
      pictureSize: () => SIZE,
      setPreview: (preview: Preview | null) => {
        this.preview = preview;
      },
      setCursor: () => undefined,
    } as unknown as Stage;
    const tool = new DrawMask({ editor: this.editor, stage });
    this.tool = tool;
    tool.enter();
    this.editor.tool.subscribe((name) => {
      if (name === "mask" || this.tool !== tool) return;
      this.tool = null;
      tool.exit();
    });
    return tool;
  }

  stroke(...points: readonly (readonly [number, number])[]): void {
    points.forEach((point, i) => {
      if (i === 0) this.tool?.pointerDown(at(point));
      else this.tool?.pointerMove(at(point));
    });
    this.tool?.pointerUp();
  }

  add(record: Partial<ShapeRecord> & Pick<ShapeRecord, "type" | "points">): ObjectState {
    const id = this.document.nextId();
    const full: ShapeRecord = {
      kind: "shape",
      id,
      frame: 0,
      label: 1,
      rotation: 0,
      occluded: false,
      outside: false,
      z_order: 3,
      group: 0,
      source: "manual",
      score: 1,
      attributes: { 7: "blue" },
      elements: [],
      ...record,
    };
    this.document.apply("add", { added: [full] });
    this.edits.length = 0;
    return this.state(id);
  }

  state(id: number): ObjectState {
    const state = this.document.stateOf(id, this.editor.frame.peek());
    if (!state) throw new Error(`There is no ${id}.`);
    return state;
  }

  record(id: number): AnnotationRecord | undefined {
    return this.document.get(id);
  }
}

function at(point: readonly [number, number], clicks = 1): ToolEvent {
  return { point, screen: point, clicks, shift: false, ctrl: false, alt: false };
}

function key(name: string, mods: { ctrl?: boolean; shift?: boolean } = {}) {
  return {
    key: name,
    code: "",
    shiftKey: mods.shift ?? false,
    ctrlKey: mods.ctrl ?? false,
    metaKey: false,
    altKey: false,
    repeat: false,
  };
}

const box = (left: number, top: number, right: number, bottom: number) => bitmapOfBox({ left, top, right, bottom });

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe("drawing a mask", () => {
  it("with the brush makes one change and selects it", () => {
    const tool = bench.start();
    bench.editor.masks.form.value = "square";
    bench.stroke([50, 50], [80, 50]);
    expect(bench.edits).toEqual([]);
    expect(tool.complete()).toBe(true);
    expect(bench.edits.map(({ label }) => label)).toEqual(["Draw car 1"]);
    const { points, type, label } = bench.state(1);
    expect([type, label]).toEqual(["mask", 1]);
    expect(points).toEqual([0, 400, 45, 45, 84, 54]);
    expect(bench.editor.tool.value).toBe("select");
    expect(bench.editor.selection.value).toEqual([1]);
    expect(bench.preview).toBeNull();
  });

  it("erases, adds and takes away polygons", () => {
    const tool = bench.start();
    const { masks } = bench.editor;
    masks.form.value = "square";
    masks.size.value = 40;
    bench.stroke([100, 100]);
    masks.choose("eraser");
    masks.size.value = 10;
    bench.stroke([100, 100]);
    masks.choose("polygon-plus");
    for (const point of [
      [150, 150],
      [170, 150],
      [170, 170],
      [150, 170],
    ] as const)
      tool.pointerDown(at(point));
    // A press beside the first point closes it.
    tool.pointerDown(at([151, 151]));
    masks.choose("polygon-minus");
    for (const point of [
      [150, 150],
      [160, 150],
      [160, 160],
    ] as const)
      tool.pointerDown(at(point));
    tool.pointerDown(at([150, 160]));
    tool.pointerDown(at([150, 160], 2));
    tool.complete();
    const expected = unite(
      subtract(box(80, 80, 120, 120), box(95, 95, 105, 105)),
      subtract(box(150, 150, 170, 170), box(150, 150, 160, 160)),
    );
    expect(sameBitmap(decodeMask(bench.state(1).points), expected)).toBe(true);
  });

  it("takes in the polygon that is still open when it is finished", () => {
    const tool = bench.start();
    bench.editor.masks.choose("polygon-plus");
    for (const point of [
      [10, 10],
      [30, 10],
      [30, 20],
    ] as const)
      tool.pointerDown(at(point));
    tool.complete();
    expect(sameBitmap(decodeMask(bench.state(1).points), fillPolygon([10, 10, 30, 10, 30, 20]))).toBe(true);
  });

  it("lets nothing be taken from an empty mask", () => {
    bench.start();
    const { masks } = bench.editor;
    masks.choose("eraser");
    expect(masks.tool.value).toBe("brush");
    bench.stroke([50, 50]);
    expect(masks.empty.value).toBe(false);
    masks.choose("eraser");
    expect(masks.tool.value).toBe("eraser");
    masks.size.value = 100;
    bench.stroke([50, 50]);
    // All is gone: the brush is there again.
    expect(masks.empty.value).toBe(true);
    expect(masks.tool.value).toBe("brush");
  });

  it("takes strokes back and does them again, before it touches the document", () => {
    const tool = bench.start();
    expect(tool.key(key("z", { ctrl: true }))).toBe(false);
    bench.stroke([50, 50]);
    bench.stroke([200, 50]);
    expect(tool.key(key("z", { ctrl: true }))).toBe(true);
    expect(tool.key(key("z", { ctrl: true }))).toBe(true);
    expect(bench.editor.masks.empty.value).toBe(true);
    // With strokes to do again, a further Ctrl+Z must not take back something else.
    expect(tool.key(key("z", { ctrl: true }))).toBe(true);
    expect(tool.key(key("z", { ctrl: true, shift: true }))).toBe(true);
    expect(tool.key(key("y", { ctrl: true }))).toBe(true);
    tool.complete();
    const mask = decodeMask(bench.state(1).points);
    expect([hasPixel(mask, 50, 50), hasPixel(mask, 200, 50)]).toEqual([true, true]);
  });

  it("drops a stroke that was not meant, and only that", () => {
    const tool = bench.start();
    bench.stroke([50, 50]);
    tool.pointerDown(at([200, 100]));
    tool.pointerMove(at([250, 100]));
    expect(tool.path).toBe("mask.stroke");
    expect(tool.secondary()).toBe(true);
    tool.pointerDown(at([200, 200]));
    expect(tool.cancel()).toBe(true);
    expect(bench.editor.tool.value).toBe("mask");
    tool.complete();
    const mask = decodeMask(bench.state(1).points);
    expect(sameBitmap(mask, intersect(mask, box(45, 45, 55, 55)))).toBe(true);
  });

  it("is left without a trace by Escape, and refuses an empty mask", () => {
    const tool = bench.start();
    bench.stroke([50, 50]);
    tool.key(key("z", { ctrl: true }));
    tool.complete();
    expect(bench.editor.toasts.value.at(-1)?.text).toContain("empty");
    tool.cancel();
    expect(bench.editor.tool.value).toBe("select");
    expect(bench.edits).toEqual([]);
  });

  it("goes on with the next one after Shift+N", () => {
    const tool = bench.start();
    bench.stroke([50, 50]);
    tool.key(key("N", { shift: true }));
    expect(bench.editor.tool.value).toBe("mask");
    expect(bench.editor.masks.empty.value).toBe(true);
    bench.stroke([150, 50]);
    tool.complete();
    expect(bench.edits.map(({ label }) => label)).toEqual(["Draw car 1", "Draw car 2"]);
    expect(isEmptyBitmap(intersect(decodeMask(bench.state(1).points), decodeMask(bench.state(2).points)))).toBe(true);
  });

  it("stays on the picture, and hides what is drawn on H", () => {
    const tool = bench.start();
    bench.editor.masks.form.value = "square";
    bench.stroke([-20, 100], [420, 100]);
    expect(bench.preview?.bitmap?.opacity).toBeGreaterThan(0);
    expect(tool.key(key("h"))).toBe(true);
    expect(bench.preview?.bitmap?.opacity).toBe(0);
    tool.complete();
    expect(bench.state(1).points.slice(-4)).toEqual([0, 95, 399, 104]);
  });

  it("changes the brush with the wheel only while a key is held", () => {
    const tool = bench.start();
    const none = { shiftKey: false, ctrlKey: false, metaKey: false };
    expect(tool.wheel(-100, none)).toBe(false);
    expect(tool.wheel(-100, { ...none, shiftKey: true })).toBe(true);
    expect(bench.editor.masks.size.value).toBe(11);
    for (let i = 0; i < 40; i++) tool.wheel(100, { ...none, ctrlKey: true });
    expect(bench.editor.masks.size.value).toBe(1);
    expect(steppedSize(100, 1)).toBe(110);
  });

  it("as a track holds until its next keyframe", () => {
    bench.editor.drawMode.value = "track";
    let tool = bench.start();
    bench.stroke([50, 50]);
    tool.complete();
    const first = bench.state(1).points;
    bench.editor.frame.value = 5;
    expect(bench.state(1).points).toEqual(first);
    expect(editMask(bench.editor, bench.state(1))).toBe(true);
    tool = bench.start();
    bench.stroke([90, 50]);
    tool.complete();
    const track = bench.record(1) as TrackRecord;
    expect(Object.keys(track.keyframes)).toEqual(["0", "5"]);
    expect(track.keyframes[0]?.points).toEqual(first);
    const changed = decodeMask(bench.state(1).points);
    expect([hasPixel(changed, 50, 50), hasPixel(changed, 90, 50)]).toEqual([true, true]);
  });
});

describe("changing a mask", () => {
  const square = encodeMask(box(100, 100, 140, 140));

  it("begins with its pixels and shows nothing else of it", () => {
    const state = bench.add({ type: "mask", points: square, source: "auto" });
    editMask(bench.editor, state);
    const tool = bench.start();
    expect(bench.preview?.figures?.has(state.id)).toBe(true);
    bench.editor.masks.choose("eraser");
    bench.editor.masks.form.value = "square";
    bench.stroke([100, 100]);
    tool.complete();
    expect(bench.edits.map(({ label }) => label)).toEqual([`Change car ${state.id}`]);
    const after = bench.state(state.id);
    expect(sameBitmap(decodeMask(after.points), subtract(box(100, 100, 140, 140), box(95, 95, 105, 105)))).toBe(true);
    expect([after.source, after.attributes, after.z_order]).toEqual(["semi-auto", { 7: "blue" }, 3]);
    expect(bench.editor.masks.target.value).toBeNull();
  });

  it("without a change commits nothing, and without a pixel deletes it", () => {
    const state = bench.add({ type: "mask", points: square });
    editMask(bench.editor, state);
    bench.start().complete();
    expect(bench.edits).toEqual([]);
    editMask(bench.editor, state);
    const tool = bench.start();
    bench.editor.masks.choose("eraser");
    bench.editor.masks.size.value = 200;
    bench.stroke([120, 120]);
    tool.complete();
    expect(bench.edits.map(({ edit }) => edit.removed)).toEqual([[state.id]]);
  });

  it("is saved on its own frame when another one is shown", () => {
    const state = bench.add({ type: "mask", points: square });
    editMask(bench.editor, state);
    const tool = bench.start();
    bench.stroke([150, 120]);
    bench.editor.frame.value = 3;
    tool.frameChanged();
    expect(bench.editor.tool.value).toBe("select");
    expect((bench.record(state.id) as ShapeRecord).frame).toBe(0);
    expect(areaOfBitmap(decodeMask((bench.record(state.id) as ShapeRecord).points))).toBeGreaterThan(1600);
  });

  it("is refused for locked ones", () => {
    const state = bench.add({ type: "mask", points: square });
    bench.editor.locked.value = new Set([state.id]);
    expect(editMask(bench.editor, state)).toBe(false);
  });
});

describe("removing underlying pixels", () => {
  it("takes them from visible, unlocked masks, deletes empty ones, and is one change", () => {
    const [cut, gone, locked, hidden, apart] = [
      box(100, 100, 140, 140),
      box(100, 100, 104, 104),
      box(90, 90, 110, 110),
      box(92, 92, 108, 108),
      box(200, 200, 240, 240),
    ].map((bitmap) => bench.add({ type: "mask", points: encodeMask(bitmap) })) as [
      ObjectState,
      ObjectState,
      ObjectState,
      ObjectState,
      ObjectState,
    ];
    const polygon = bench.add({ type: "polygon", points: [90, 90, 130, 90, 130, 130] });
    bench.editor.locked.value = new Set([locked.id]);
    bench.editor.hidden.value = new Set([hidden.id]);
    bench.editor.masks.removeUnderlying.value = true;
    const before = new Map([...bench.document.all()].map((record) => [record.id, record]));
    const tool = bench.start();
    bench.editor.masks.form.value = "square";
    bench.stroke([100, 100], [110, 100]);
    tool.complete();
    expect(bench.edits.length).toBe(1);
    expect(sameBitmap(decodeMask(bench.state(cut.id).points), subtract(box(100, 100, 140, 140), box(95, 95, 115, 105)))).toBe(
      true,
    );
    expect(bench.record(gone.id)).toBeUndefined();
    for (const { id, points } of [locked, hidden, apart, polygon]) expect(bench.state(id).points).toEqual(points);
    // The whole of it is one step back.
    const inverse = bench.edits[0]?.inverse as Edit;
    bench.document.apply("undo", inverse);
    expect(new Map([...bench.document.all()].map((record) => [record.id, record]))).toEqual(before);
  });

  it("makes a covered track outside here instead of deleting it", () => {
    bench.editor.drawMode.value = "track";
    let tool = bench.start();
    bench.stroke([50, 50]);
    tool.complete();
    bench.editor.frame.value = 4;
    bench.editor.masks.removeUnderlying.value = true;
    bench.editor.drawMode.value = "shape";
    tool = bench.start();
    bench.editor.masks.size.value = 60;
    bench.stroke([50, 50]);
    tool.complete();
    const track = bench.record(1) as TrackRecord;
    expect([track.keyframes[0]?.outside, track.keyframes[4]?.outside]).toEqual([false, true]);
  });
});

describe("conversions", () => {
  const ring = subtract(box(20, 20, 60, 60), box(30, 30, 40, 50));

  it("of a mask to a polygon and back are exact, holes included", () => {
    const mask = bench.add({ type: "mask", points: encodeMask(ring), group: 4, occluded: true });
    convert(bench.editor, [mask], "polygon");
    expect(bench.edits.length).toBe(1);
    const polygon = bench.state(mask.id);
    expect(polygon).toMatchObject({
      type: "polygon",
      label: 1,
      attributes: { 7: "blue" },
      z_order: 3,
      group: 4,
      occluded: true,
    });
    expect(sameBitmap(fillPolygon(polygon.points), ring)).toBe(true);
    convert(bench.editor, [polygon], "mask");
    expect(bench.state(mask.id).points).toEqual(mask.points);
  });

  it("of a mask in parts gives a group of polygons", () => {
    const both = unite(ring, box(100, 100, 110, 110));
    const mask = bench.add({ type: "mask", points: encodeMask(both) });
    convert(bench.editor, [mask], "polygon");
    const states = bench.editor.objects.value;
    expect(states.map(({ type, group }) => [type, group])).toEqual([
      ["polygon", 1],
      ["polygon", 1],
    ]);
    expect(bench.state(mask.id).points.length).toBeGreaterThan(8);
    expect(sameBitmap(states.map(({ points }) => fillPolygon(points)).reduce(unite), both)).toBe(true);
    expect(bench.editor.selection.value.length).toBe(2);
    expect(bench.edits.length).toBe(1);
  });

  it("to and from rectangles", () => {
    const mask = bench.add({ type: "mask", points: encodeMask(ring) });
    convert(bench.editor, [mask], "rectangle");
    expect(bench.state(mask.id)).toMatchObject({ type: "rectangle", points: [20, 20, 60, 60] });
    convert(bench.editor, [bench.state(mask.id)], "mask");
    expect(sameBitmap(decodeMask(bench.state(mask.id).points), box(20, 20, 60, 60))).toBe(true);
    const turned = bench.add({ type: "rectangle", points: [10, 10, 30, 20], rotation: 90 });
    convert(bench.editor, [turned], "mask");
    expect(bench.state(turned.id)).toMatchObject({ type: "mask", rotation: 0, points: [0, 200, 15, 5, 24, 24] });
    const beyond = bench.add({ type: "rectangle", points: [-10, -10, 10, 10] });
    convert(bench.editor, [beyond], "mask");
    expect(bench.state(beyond.id).points).toEqual([0, 100, 0, 0, 9, 9]);
  });

  it("are refused in words", () => {
    const lane = bench.add({ type: "polygon", points: [10, 10, 40, 10, 40, 40], label: 2 });
    convert(bench.editor, [lane], "mask");
    expect(bench.editor.toasts.value.at(-1)?.text).toBe('Label "lane" is for polygons, not masks.');
    const speck = bench.add({ type: "polygon", points: [10.1, 10.1, 10.3, 10.1, 10.3, 10.3] });
    convert(bench.editor, [speck], "mask");
    expect(bench.editor.toasts.value.at(-1)?.text).toContain("covers no pixel");
    const line = bench.add({ type: "polyline", points: [0, 0, 10, 10] });
    expect(canConvert(line, "mask")).toBe(false);
    convert(bench.editor, [line], "polygon");
    expect(bench.editor.toasts.value.at(-1)?.text).toContain("is a polyline");
    expect(bench.edits).toEqual([]);
  });

  it("of tracks take every keyframe, or none", () => {
    bench.editor.drawMode.value = "track";
    const tool = bench.start();
    bench.stroke([50, 50]);
    tool.complete();
    bench.edits.length = 0;
    bench.editor.frame.value = 3;
    const again = bench.state(1);
    convert(bench.editor, [again], "polygon");
    const track = bench.record(1) as TrackRecord;
    expect([track.type, Object.keys(track.keyframes)]).toEqual(["polygon", ["0"]]);
    convert(bench.editor, [bench.state(1)], "mask");
    expect((bench.record(1) as TrackRecord).keyframes[0]?.points).toEqual(again.points);
    editMask(bench.editor, bench.state(1));
    const changing = bench.start();
    bench.stroke([150, 150]);
    changing.complete();
    bench.edits.length = 0;
    convert(bench.editor, [bench.state(1)], "polygon");
    expect(bench.edits).toEqual([]);
    expect(bench.editor.toasts.value.at(-1)?.text).toContain("On frame 3");
  });
});
