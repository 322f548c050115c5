import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { JobDocument } from "../../src/document/document";
import { addShape } from "../../src/document/edits";
import type { AnnotationRecord, Edit, LabelSpec, ShapeRecord, TrackRecord } from "../../src/document/records";
import { Editor, type FrameTable, type JobInfo } from "../../src/editor";
import type { FramePlayer } from "../../src/frames/player";
import { bitmapOfBox, encodeMask } from "../../src/geometry/bitmap";
import type { Preview, Stage } from "../../src/scene/stage";
import { Interact } from "../../src/tools/interact/interact";
import { interactionOf } from "../../src/tools/interact/interaction";
import {
  continues,
  missing,
  NO_PROMPT,
  type Prompt,
  pointNear,
  promptToWire,
  withBox,
  withoutLast,
  withoutPoint,
  withPoint,
} from "../../src/tools/interact/prompt";
import { Scissors } from "../../src/tools/interact/scissors";
import { figureOf } from "../../src/tools/interact/suggestion";
import type { ToolEvent } from "../../src/tools/state";
import type { CallOptions } from "../../src/wire/link";
import { CallError, type Link } from "../../src/wire/link";

const SIZE = [400, 300] as const;
const MODELS = [
  { id: "clicks", name: "Clicks", kind: "interactor", min_positive: 0, min_negative: 0, box: "optional", problem: null },
  { id: "four", name: "Four", kind: "interactor", min_positive: 4, min_negative: null, box: "no", problem: null },
  { id: "boxed", name: "Boxed", kind: "interactor", min_positive: 1, min_negative: 0, box: "required", problem: null },
  { id: "finder", name: "Finder", kind: "detector", min_positive: 1, min_negative: 0, box: "no", problem: null },
];
const LABELS: readonly LabelSpec[] = (["any", "polygon", "polyline"] as const).map((type, i) => ({
  id: i + 1,
  name: ["car", "lane", "wire"][i] as string,
  color: "#ff0000",
  type,
  attributes: [],
  sublabels: [],
  svg: "",
}));
const WIDE = encodeMask(bitmapOfBox({ left: 10, top: 20, right: 50, bottom: 40 }));
const SMALL = encodeMask(bitmapOfBox({ left: 10, top: 20, right: 20, bottom: 30 }));
const ANSWER = {
  token: 7,
  hypotheses: [
    { mask: WIDE, polygon: null, score: 0.75 },
    { mask: SMALL, polygon: null, score: 0.5 },
  ],
};

interface Asked {
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly aborted: () => boolean;
  readonly answer: (result: unknown) => Promise<void>;
  readonly fail: (text: string) => Promise<void>;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await Promise.resolve();
}

/** An editor whose kernel answers when the test says so, a stage without a canvas, and the tools on it. */
class Bench {
  readonly edits: { label: string; edit: Edit }[] = [];
  readonly document: JobDocument;
  readonly editor: Editor;
  readonly asked: Asked[] = [];
  preview: Preview | null = null;
  tool!: Interact | Scissors;

  constructor() {
    this.document = new JobDocument((label, changes) => {
      this.edits.push({ label, edit: changes });
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
    const link = { call: this.call.bind(this), on: () => () => undefined } as unknown as Link;
    this.editor = new Editor(info, signal(LABELS), frames, this.document, player, link);
  }

  private call(method: string, params: Record<string, unknown> = {}, { signal: abort }: CallOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      abort?.addEventListener("abort", () => reject(abort.reason));
      this.asked.push({
        method,
        params,
        aborted: () => abort?.aborted ?? false,
        answer: (result) => {
          resolve({ result, buffers: [] });
          return settle();
        },
        fail: (text) => {
          reject(new CallError({ type: "ModelError", message: text }));
          return settle();
        },
      });
    });
  }

  last(method: string): Asked {
    const found = this.asked.filter((each) => each.method === method).at(-1);
    if (!found) throw new Error(`${method} was not asked`);
    return found;
  }

  count(method: string): number {
    return this.asked.filter((each) => each.method === method).length;
  }

  async start(name: "interact" | "scissors" = "interact"): Promise<void> {
    this.editor.tool.value = name;
    const stage = {
      viewport: { scale: signal(1), toScreen: (x: number, y: number) => [x, y] },
      upToDate: true,
      pictureSize: () => SIZE,
      figureOf: () => undefined,
      setPreview: (preview: Preview | null) => {
        this.preview = preview;
      },
      setCursor: () => undefined,
    } as unknown as Stage;
    const context = { editor: this.editor, stage };
    this.tool = name === "interact" ? new Interact(context) : new Scissors(context);
    this.tool.enter();
    await this.last("models").answer({ models: MODELS });
    await this.asked.find(({ method }) => method === "interact.encode")?.answer({ ...MODELS[0], device: "cpu" });
  }

  event(x: number, y: number, more: Partial<ToolEvent> = {}): ToolEvent {
    return { point: [x, y], screen: [x, y], clicks: 1, shift: false, ctrl: false, alt: false, ...more };
  }

  click(x: number, y: number, more: Partial<ToolEvent> = {}): void {
    const event = this.event(x, y, more);
    this.tool.pointerMove(event);
    this.tool.pointerDown(event);
    this.tool.pointerUp(event);
  }

  drag(from: readonly [number, number], to: readonly [number, number]): void {
    this.tool.pointerDown(this.event(...from));
    this.tool.pointerMove(this.event(...to));
    this.tool.pointerUp(this.event(...to));
  }

  press(key: string, more: { shiftKey?: boolean; ctrlKey?: boolean } = {}): boolean {
    const plain = { code: "", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, repeat: false };
    return this.tool.key({ key, ...plain, ...more });
  }

  get interaction() {
    return interactionOf(this.editor);
  }

  records(): AnnotationRecord[] {
    return [...this.document.all()];
  }
}

describe("prompts", () => {
  const one = withPoint(NO_PROMPT, { at: [5, 5], positive: true });
  const two = withPoint(one, { at: [9, 9], positive: false });

  it("keep the order of clicks and are taken back one by one", () => {
    expect(promptToWire(two)).toEqual({ positive: [[5, 5]], negative: [[9, 9]], box: null });
    expect(withoutLast(two)).toEqual(one);
    const boxed = withBox(two, [30, 40], [10, 20]);
    expect(boxed.box).toEqual([10, 20, 30, 40]);
    expect(withoutLast(withoutLast(withoutLast(boxed)))).toEqual(NO_PROMPT);
    expect(withBox(two, [30, 40], [31, 90])).toBe(two);
  });

  it("find the point that a click means", () => {
    expect(pointNear(two, [8, 8], 4)).toBe(1);
    expect(pointNear(two, [20, 20], 4)).toBe(-1);
  });

  it("say what a model still needs", () => {
    const needs = (min_positive: number, min_negative: number | null, box: "no" | "optional" | "required") => ({
      min_positive,
      min_negative,
      box,
    });
    expect(missing(one, needs(4, null, "no"))).toBe("Click 3 points on the object");
    expect(missing(one, needs(1, 1, "no"))).toBe("Click a point beside the object");
    expect(missing(two, needs(1, 1, "no"))).toBeNull();
    expect(missing(one, needs(0, 0, "required"))).toBe("Draw a box around the object");
    expect(missing(NO_PROMPT, needs(0, 0, "optional"))).toMatch("drag a box");
    expect(missing(withBox(NO_PROMPT, [1, 1], [9, 9]), needs(0, 0, "required"))).toBeNull();
    expect(missing(withPoint(NO_PROMPT, { at: [1, 1], positive: false }), needs(0, 0, "no"))).toBe("Click on the object");
  });

  it("know what they go on from", () => {
    expect(continues(two, one)).toBe(true);
    expect(continues(one, two)).toBe(false);
    expect(continues(withoutPoint(two, 0), one)).toBe(false);
    expect(continues(withBox(two, [1, 1], [9, 9]), one)).toBe(true);
    const boxed: Prompt = withBox(one, [1, 1], [9, 9]);
    expect(continues(withBox(boxed, [2, 2], [9, 9]), boxed)).toBe(false);
  });
});

describe("suggestions", () => {
  const suggestion = { mask: WIDE, polygon: null, score: 1 };

  it("become masks, polygons and rectangles", () => {
    expect(figureOf(suggestion, "mask", 9).points).toBe(WIDE);
    expect(figureOf(suggestion, "rectangle", 9).points).toEqual([10, 20, 50, 40]);
    expect(figureOf(suggestion, "polygon", 13).points).toEqual([10, 20, 50, 20, 50, 40, 10, 40]);
    const polygon = { mask: WIDE, polygon: [1, 1, 2, 1, 2, 2], score: 1 };
    expect(figureOf(polygon, "polygon", 13).points).toEqual([1, 1, 2, 1, 2, 2]);
  });
});

describe("drawing with a model", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });

  it("prepares the picture before the first click", () => {
    expect(bench.last("interact.encode").params).toEqual({ model: "clicks", frame: 0 });
    expect(bench.interaction.models.value.map(({ id }) => id)).toEqual(["clicks", "four", "boxed"]);
    expect(bench.count("interact")).toBe(0);
  });

  it("asks after every click, and goes on from the answer that was chosen", async () => {
    bench.click(20, 30);
    expect(bench.last("interact").params).toMatchObject({
      model: "clicks", frame: 0, positive: [[20, 30]], negative: [], box: null, previous: null, shape: null,
    }); // biome-ignore format: one line reads better
    await bench.last("interact").answer(ANSWER);
    expect(bench.interaction.suggestions.value).toHaveLength(2);
    bench.press("]");
    bench.click(60, 30, { alt: true });
    expect(bench.last("interact").params).toMatchObject({ negative: [[60, 30]], previous: { token: 7, index: 1 } });
    bench.tool.pointerMove(bench.event(70, 80));
    expect(bench.tool.secondary()).toBe(true);
    expect(bench.last("interact").params.negative).toEqual([
      [60, 30],
      [70, 80],
    ]);
  });

  it("only waits for the newest answer", async () => {
    bench.click(20, 30);
    const first = bench.last("interact");
    bench.click(60, 30);
    expect(first.aborted()).toBe(true);
    await bench.last("interact").answer({ token: 8, hypotheses: [{ mask: SMALL, polygon: null, score: 0.4 }] });
    await first.answer(ANSWER);
    expect(bench.interaction.suggestion.value?.mask).toEqual(SMALL);
  });

  it("accepts as one change with source and score", async () => {
    bench.click(20, 30);
    await bench.last("interact").answer(ANSWER);
    expect(bench.tool.complete()).toBe(true);
    expect(bench.edits.map(({ label }) => label)).toEqual([expect.stringMatching(/^Draw car \d+ with Clicks$/)]);
    const [record] = bench.records() as ShapeRecord[];
    expect(record).toMatchObject({ kind: "shape", type: "mask", source: "semi-auto", score: 0.75, label: 1, frame: 0 });
    expect(record?.points).toEqual(WIDE);
    expect(bench.editor.tool.value).toBe("select");
    expect(bench.editor.selection.value).toEqual([record?.id]);
  });

  it("makes tracks, polygons by the detail, and what the label allows", async () => {
    bench.editor.drawMode.value = "track";
    bench.editor.activeLabel.value = 2;
    bench.editor.setSetting("polygonDetail", 13);
    bench.click(20, 30);
    await bench.last("interact").answer(ANSWER);
    bench.press("N", { shiftKey: true });
    const [record] = bench.records() as TrackRecord[];
    expect(record).toMatchObject({ kind: "track", type: "polygon", source: "semi-auto", score: 0.75 });
    expect(record?.keyframes[0]?.points).toEqual([10, 20, 50, 20, 50, 40, 10, 40]);
    // Shift+N stays at it.
    expect(bench.editor.tool.value).toBe("interact");
    expect(bench.interaction.prompt.value).toEqual(NO_PROMPT);
    expect(bench.interaction.suggestions.value).toEqual([]);
  });

  it("accepts what is on its way as soon as it is there", async () => {
    bench.click(20, 30);
    bench.tool.complete();
    expect(bench.records()).toEqual([]);
    await bench.last("interact").answer(ANSWER);
    expect(bench.records()).toHaveLength(1);
    expect(bench.editor.tool.value).toBe("select");
  });

  it("keeps requests back while Ctrl is held, or the button says so", async () => {
    bench.click(20, 30, { ctrl: true });
    bench.click(40, 30, { ctrl: true });
    expect(bench.count("interact")).toBe(0);
    expect(bench.interaction.waiting.value).toBe(true);
    bench.tool.pointerMove(bench.event(41, 31));
    expect(bench.count("interact")).toBe(1);
    expect(bench.last("interact").params.positive).toHaveLength(2);
    await bench.last("interact").answer(ANSWER);
    bench.interaction.setBlocked(true);
    bench.click(80, 80);
    expect(bench.count("interact")).toBe(1);
    // Accepting wants the answer to all of it.
    bench.tool.complete();
    expect(bench.count("interact")).toBe(2);
    expect(bench.records()).toEqual([]);
    await bench.last("interact").answer(ANSWER);
    expect(bench.records()).toHaveLength(1);
  });

  it("takes points back by click, by Backspace and by dragging", async () => {
    bench.click(20, 30);
    bench.click(60, 30);
    bench.click(61, 31);
    expect(bench.last("interact").params.positive).toEqual([[20, 30]]);
    bench.drag([20, 30], [25, 45]);
    expect(bench.last("interact").params.positive).toEqual([[25, 45]]);
    const asked = bench.count("interact");
    expect(bench.press("Backspace")).toBe(true);
    expect(bench.interaction.prompt.value).toEqual(NO_PROMPT);
    expect(bench.count("interact")).toBe(asked);
    expect(bench.last("interact").aborted()).toBe(true);
    expect(bench.press("z", { ctrlKey: true })).toBe(false);
  });

  it("draws boxes by dragging, and by two clicks where a box is needed", () => {
    bench.drag([100, 90], [20, 30]);
    expect(bench.last("interact").params).toMatchObject({ positive: [], box: [20, 30, 100, 90] });
    bench.tool.cancel();
    bench.interaction.choose("boxed");
    bench.click(10, 10);
    bench.click(90, 80);
    expect(bench.interaction.prompt.value.box).toEqual([10, 10, 90, 80]);
    expect(bench.count("interact")).toBe(1);
    bench.click(50, 50);
    expect(bench.last("interact").params).toMatchObject({ positive: [[50, 50]], box: [10, 10, 90, 80] });
  });

  it("waits for as many points as a model needs, and takes none beside the object where there are none", () => {
    bench.interaction.choose("four");
    for (const x of [20, 40, 60]) bench.click(x, 30);
    expect(bench.count("interact")).toBe(0);
    expect(bench.interaction.missing.value).toBe("Click a point on the object");
    bench.click(90, 90, { alt: true });
    expect(bench.interaction.error.value).toMatch("no points beside");
    bench.click(80, 30);
    expect(bench.last("interact").params).toMatchObject({ model: "four", negative: [] });
  });

  it("shows failures and goes on", async () => {
    bench.click(20, 30);
    await bench.last("interact").fail("Clicks: the model ran out of memory. Use a smaller picture.");
    expect(bench.interaction.error.value).toMatch("out of memory");
    bench.click(60, 30);
    expect(bench.interaction.error.value).toBeNull();
    await bench.last("interact").answer({ token: 1, hypotheses: [] });
    expect(bench.interaction.error.value).toMatch("found nothing");
    bench.tool.complete();
    expect(bench.records()).toEqual([]);
    expect(bench.editor.tool.value).toBe("interact");
  });

  it("forgets the points on Escape, and leaves on the next one", () => {
    bench.click(20, 30);
    bench.tool.cancel();
    expect(bench.interaction.prompt.value).toEqual(NO_PROMPT);
    expect(bench.editor.tool.value).toBe("interact");
    bench.tool.cancel();
    expect(bench.editor.tool.value).toBe("select");
    expect(bench.edits).toEqual([]);
  });

  it("can be used by keys alone", async () => {
    bench.press("ArrowRight");
    bench.press(" ");
    bench.press("ArrowDown", { shiftKey: true });
    bench.press(" ", { shiftKey: true });
    expect(bench.last("interact").params).toMatchObject({ positive: [[210, 150]], negative: [[210, 200]] });
  });

  it("prepares another frame and begins anew there", () => {
    bench.click(20, 30);
    bench.editor.frame.value = 3;
    bench.tool.frameChanged();
    expect(bench.interaction.prompt.value).toEqual(NO_PROMPT);
    expect(bench.last("interact.encode").params).toEqual({ model: "clicks", frame: 3 });
  });

  it("refuses labels of other types", async () => {
    bench.tool.exit();
    bench.editor.activeLabel.value = 3;
    await bench.start();
    expect(bench.editor.tool.value).toBe("select");
    expect(bench.editor.toasts.value.at(-1)?.text).toMatch("is for polylines");
  });
});

describe("refining an object", () => {
  it("gives the object to the model and changes it in one step", async () => {
    const bench = new Bench();
    const options = { frame: 0, label: LABELS[0] as LabelSpec, type: "polygon", points: [5, 5, 90, 5, 90, 60] } as const;
    bench.editor.commit("Draw", addShape(bench.document, options));
    const id = (bench.records()[0] as ShapeRecord).id;
    bench.editor.redrawing.value = id;
    bench.editor.activeLabel.value = 3;
    await bench.start();
    expect(bench.preview?.figures?.has(id)).toBe(true);
    bench.click(40, 20, { alt: true });
    expect(bench.last("interact").params).toMatchObject({ positive: [], negative: [[40, 20]] });
    bench.click(20, 10);
    expect(bench.last("interact").params.shape).toEqual({ type: "polygon", points: [5, 5, 90, 5, 90, 60] });
    await bench.last("interact").answer(ANSWER);
    bench.tool.complete();
    expect(bench.edits).toHaveLength(2);
    expect(bench.edits[1]?.label).toMatch(/^Refine car \d+ with Clicks$/);
    const [record] = bench.records() as ShapeRecord[];
    expect(record).toMatchObject({ id, type: "polygon", label: 1, source: "semi-auto", score: 0.75 });
    expect(record?.points).toEqual([10, 20, 50, 20, 50, 40, 10, 40]);
  });
});

describe("scissors", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start("scissors");
    bench.editor.setSetting("polygonDetail", 13);
  });

  /** Answer with a detour by one point. */
  async function answer(): Promise<void> {
    const asked = bench.last("scissors");
    const [[ax, ay], [bx, by]] = [asked.params.anchor, asked.params.target] as [[number, number], [number, number]];
    await asked.answer({ line: [ax, ay, (ax + bx) / 2, (ay + by) / 2 + 5, bx, by] });
  }

  it("follows edges between clicks and closes at the first point", async () => {
    bench.click(50, 50);
    bench.click(100, 50);
    expect(bench.last("scissors").params).toEqual({ frame: 0, anchor: [50, 50], target: [100, 50], threshold: 100 });
    await answer();
    bench.click(100, 100);
    await answer();
    bench.click(52, 51);
    await answer();
    await settle();
    const [record] = bench.records() as ShapeRecord[];
    expect(record).toMatchObject({ type: "mask", source: "semi-auto" });
    expect(bench.edits.map(({ label }) => label)).toEqual([expect.stringMatching("with intelligent scissors")]);
    expect(bench.editor.tool.value).toBe("select");
  });

  it("makes polygons with all points of the line at full detail", async () => {
    bench.interaction.wanted.value = "polygon";
    for (const [x, y] of [[50, 50], [100, 50], [100, 100]] as const) {
      bench.click(x, y);
      if (bench.asked.some(({ method }) => method === "scissors")) await answer();
    } // biome-ignore format: three points
    bench.tool.complete();
    await answer();
    await settle();
    expect((bench.records() as ShapeRecord[])[0]?.points).toEqual([50, 50, 75, 55, 100, 50, 100, 80, 100, 100, 75, 80]);
  });

  it("does not reach beyond its square, unless lines are straight", () => {
    bench.click(50, 50);
    bench.click(150, 50);
    expect(bench.tool.path).toBe("scissors.drawing");
    expect(bench.count("scissors")).toBe(0);
    for (let i = 0; i < 9; i++) bench.tool.wheel(-10, { ctrlKey: true, shiftKey: false, metaKey: false });
    bench.click(150, 50);
    expect(bench.last("scissors").params.threshold).toBeGreaterThan(200);
    const asked = bench.count("scissors");
    bench.click(390, 290, { ctrl: true });
    expect(bench.count("scissors")).toBe(asked);
  });

  it("asks for the line to the cursor one at a time, the newest first", async () => {
    bench.click(50, 50);
    for (const x of [60, 70, 80, 90]) bench.tool.pointerMove(bench.event(x, 50));
    expect(bench.count("scissors")).toBe(1);
    await answer();
    expect(bench.count("scissors")).toBe(2);
    expect(bench.last("scissors").params.target).toEqual([90, 50]);
  });

  it("takes back the last point by a click on it, and by the right button", async () => {
    bench.click(50, 50);
    bench.click(100, 50);
    bench.click(101, 50);
    bench.click(50, 50);
    expect(bench.tool.path).toBe("scissors.idle");
    bench.click(50, 50);
    bench.tool.secondary();
    expect(bench.tool.path).toBe("scissors.idle");
    bench.tool.complete();
    expect(bench.editor.tool.value).toBe("select");
    expect(bench.edits).toEqual([]);
  });
});
