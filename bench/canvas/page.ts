/** The page of the canvas benchmark: both sides, and the timing of what they do. Driven by bench/bench_canvas.py. */
import { signal } from "@preact/signals";
import type { JobDocument } from "../../js/src/document/document";
import type { ObjectState } from "../../js/src/document/records";
import { Editor, type FrameTable, type JobInfo } from "../../js/src/editor";
import type { FramePlayer } from "../../js/src/frames/player";
import { Scene } from "../../js/src/scene/scene";
import { kindOf } from "../../js/src/shapes/index";
import { ToolManager } from "../../js/src/tools/manager";
import type { Link } from "../../js/src/wire/link";
import { SvgCanvas } from "./svg-canvas";
import { HEIGHT, LABELS, picture, polygons, WIDTH } from "./workload";

const VIEW = { width: 1280, height: 800 };
const FIT = Math.min(VIEW.width / WIDTH, VIEW.height / HEIGHT);

interface Options {
  readonly count: number;
  readonly vertices: number;
  readonly labels: boolean;
  readonly frames: number;
}

function makeHost(): HTMLElement {
  const host = document.createElement("div");
  Object.assign(host.style, { position: "absolute", inset: "0", overflow: "hidden", background: "#202020" });
  Object.assign(host.style, { width: `${VIEW.width}px`, height: `${VIEW.height}px` });
  document.body.append(host);
  return host;
}

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Mean milliseconds between frames while `step` changes something in each. Stops after `limit` milliseconds. */
async function frameTime(frames: number, step: (i: number) => void, limit = 25_000): Promise<number> {
  step(0);
  await nextFrame();
  await nextFrame();
  const began = performance.now();
  let i = 0;
  while (i < frames && performance.now() - began < limit) {
    step(++i);
    await nextFrame();
  }
  // The last change is on screen when the frame after it begins.
  await nextFrame();
  return (performance.now() - began) / i;
}

/** Where the picture lies: a slow circle, or a zoom in and out again by 3 % a frame around the centre of the view. */
function panPath(i: number): readonly [number, number] {
  return [40 * Math.sin(i / 6), 30 * Math.cos(i / 6)];
}

function zoomPath(i: number): number {
  const turn = i % 48;
  return 1.03 ** (turn < 24 ? turn : 48 - turn);
}

class Ours {
  readonly host = makeHost();
  readonly editor: Editor;
  readonly scene: Scene;
  readonly tools: ToolManager;
  private readonly states = signal<readonly ObjectState[]>([]);

  constructor(image: ImageBitmap, options: Options) {
    const states = this.states;
    const player = {
      frame: signal(0),
      image: signal({ frame: 0, image, width: WIDTH, height: HEIGHT, tier: "exact" }),
      loading: signal(false),
      error: signal(null),
      playing: signal(false),
      showsSide() {},
    };
    const frames: FrameTable = {
      count: 1,
      kind: "images",
      fps: null,
      deleted: new Set(),
      nameOf: () => "frame",
      sizeOf: () => [WIDTH, HEIGHT],
    };
    const info: JobInfo = { task: { id: 1, uid: "", name: "" }, job: { id: 1, start: 0, stop: 0 }, user: "", readOnly: false };
    this.editor = new Editor(
      info,
      signal(LABELS),
      frames,
      { statesAt: () => states.value, apply() {} } as unknown as JobDocument,
      player as unknown as FramePlayer,
      {} as Link,
      { opacity: 30, showText: options.labels ? "always" : "selected" },
    );
    this.scene = new Scene(this.host, this.editor);
    this.tools = new ToolManager(this.scene, this.editor);
  }

  setup(states: readonly ObjectState[]): void {
    this.states.value = states;
  }

  /** Until the drawing at the present scale is on screen. */
  async settled(): Promise<void> {
    while (!this.scene.crisp) await nextFrame();
    await nextFrame();
  }

  dispose(): void {
    this.tools.dispose();
    this.scene.dispose();
    this.host.remove();
  }
}

async function ours(options: Options): Promise<Record<string, number>> {
  const image = await createImageBitmap(picture());
  const states = polygons(options.count, options.vertices);
  const side = new Ours(image, options);
  const { scene, editor } = side;
  await pause(200);
  const result: Record<string, number> = {};
  let began = performance.now();
  side.setup(states);
  await side.settled();
  result.first_paint_ms = performance.now() - began;
  await pause(300);

  const { viewport } = scene;
  const [x, y] = [viewport.x.value, viewport.y.value];
  result.pan_ms = await frameTime(options.frames, (i) => {
    const [dx, dy] = panPath(i);
    viewport.panBy(x + dx - viewport.x.value, y + dy - viewport.y.value);
  });
  await side.settled();
  result.zoom_ms = await frameTime(options.frames, (i) => {
    viewport.zoomAt((FIT * zoomPath(i)) / viewport.scale.value, VIEW.width / 2, VIEW.height / 2);
  });
  await side.settled();
  await pause(300);

  scene.fit();
  await side.settled();
  viewport.zoomAt(1.3, 640, 400);
  began = performance.now();
  await side.settled();
  result.crisp_ms = performance.now() - began;
  scene.fit();
  await side.settled();
  await pause(300);

  const target = states[Math.floor(states.length / 2)] as ObjectState;
  const { minX, minY, maxX, maxY } = kindOf("polygon").bounds({ ...target, edges: [] });
  const [startX, startY] = scene.toScreen((minX + maxX) / 2, (minY + maxY) / 2);
  const id = scene.pickAt([(minX + maxX) / 2, (minY + maxY) / 2])[0] as number;
  editor.selection.value = [id];
  await side.settled();
  const pointer = (type: string, dx: number, dy: number): void => {
    const init = { pointerId: 1, button: 0, clientX: startX + dx, clientY: startY + dy, bubbles: true };
    side.host.dispatchEvent(new PointerEvent(type, init));
  };
  // A capture needs a real pointer.
  side.host.setPointerCapture = () => {};
  pointer("pointerdown", 0, 0);
  result.drag_ms = await frameTime(options.frames, (i) => pointer("pointermove", ...panPath(i + 1)));
  // Small polygons have a vertex near their middle: moving one of them is dragging a shape, too.
  result.dragged = ["select.moving", "select.reshaping"].includes(side.tools.current.value) ? 1 : 0;
  side.tools.cancel();

  const queries = Array.from({ length: 20_000 }, (_, i) => [(i * 7919) % WIDTH, (i * 104729) % HEIGHT] as const);
  for (const query of queries) scene.pickAt(query);
  began = performance.now();
  let hits = 0;
  for (const query of queries) hits += scene.pickAt(query).length;
  result.hit_us = ((performance.now() - began) / queries.length) * 1000;
  result.hits = hits;
  side.dispose();
  return result;
}

async function baseline(options: Options): Promise<Record<string, number>> {
  const states = polygons(options.count, options.vertices);
  const host = makeHost();
  const side = new SvgCanvas(host, picture());
  const left = (VIEW.width - WIDTH * FIT) / 2;
  const top = (VIEW.height - HEIGHT * FIT) / 2;
  side.zoom(FIT, left, top);
  await pause(200);
  const result: Record<string, number> = {};
  let began = performance.now();
  side.setup(states, options.labels);
  await nextFrame();
  await nextFrame();
  await nextFrame();
  result.first_paint_ms = performance.now() - began;
  await pause(300);
  const few = options.labels ? 3 : Math.min(options.frames, 24);
  result.pan_ms = await frameTime(few, (i) => {
    const [dx, dy] = panPath(i);
    side.move(left + dx, top + dy);
  });
  result.zoom_ms = await frameTime(few, (i) => {
    const scale = FIT * zoomPath(i);
    side.zoom(scale, (VIEW.width - WIDTH * scale) / 2, (VIEW.height - HEIGHT * scale) / 2);
  });
  side.zoom(FIT, left, top);
  await pause(300);
  const target = states[Math.floor(states.length / 2)] as ObjectState;
  result.drag_ms = await frameTime(Math.min(options.frames, 40), (i) => {
    const [dx, dy] = panPath(i + 1);
    side.dragTo(
      target.id,
      target.points.map((value, k) => value + (k % 2 === 0 ? dx : dy) / FIT),
    );
  });
  const queries = Array.from({ length: 300 }, (_, i) => [(i * 7919) % VIEW.width, (i * 104729) % VIEW.height] as const);
  began = performance.now();
  for (const query of queries) side.hit(...query);
  result.hit_us = ((performance.now() - began) / queries.length) * 1000;
  side.dispose();
  host.remove();
  return result;
}

Object.assign(window, { bench: { ours, baseline } });
