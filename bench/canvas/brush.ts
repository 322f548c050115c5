/** The page of the brush benchmark: a stroke on a picture of 3840 × 2160 with masks on it. Driven by bench/bench_brush.py. */
import { signal } from "@preact/signals";
import { JobDocument } from "../../js/src/document/document";
import type { ShapeRecord } from "../../js/src/document/records";
import { Editor, type FrameTable, type JobInfo } from "../../js/src/editor";
import type { FramePlayer } from "../../js/src/frames/player";
import { encodeMask } from "../../js/src/geometry/bitmap";
import { fillEllipse } from "../../js/src/geometry/fill";
import { Scene } from "../../js/src/scene/scene";
import { type SecondBundle, secondBundle } from "../../js/src/second-bundle";
import { FETCHED_TOOLS } from "../../js/src/tools/fetched-tools";
import { ToolManager } from "../../js/src/tools/manager";
import type { Link } from "../../js/src/wire/link";
import { LABELS, randomNumbers } from "./workload";

const VIEW = { width: 1280, height: 720 };
const SIZE = [3840, 2160] as const;
const [WIDTH, HEIGHT] = SIZE;

interface Options {
  readonly dabs: number;
  readonly size: number;
  readonly masks: number;
}

interface Result {
  /** Milliseconds of each move. */
  readonly moves: readonly number[];
  readonly commit: number;
  /** Pixels that the stroke has set: both sides must have painted the same. */
  readonly area: number;
}

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the pointer is at a move, in pixels of the picture: all over it, about 30 pixels a move. */
function place(i: number): readonly [number, number] {
  const turn = i / 55;
  return [WIDTH * (0.5 + 0.42 * Math.sin(turn)), HEIGHT * (0.5 + 0.42 * Math.sin(2.3 * turn + 0.4))];
}

function picture(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = SIZE;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const sky = context.createLinearGradient(0, 0, WIDTH, HEIGHT);
  sky.addColorStop(0, "#405060");
  sky.addColorStop(1, "#a09070");
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  return canvas;
}

function makeHost(): HTMLElement {
  const host = document.createElement("div");
  Object.assign(host.style, { position: "absolute", left: "0", top: "0", overflow: "hidden" });
  Object.assign(host.style, { width: `${VIEW.width}px`, height: `${VIEW.height}px` });
  document.body.append(host);
  return host;
}

function records(count: number): ShapeRecord[] {
  const random = randomNumbers(99);
  return Array.from({ length: count }, (_, i) => ({
    kind: "shape",
    id: i + 1,
    frame: 0,
    label: (i % LABELS.length) + 1,
    type: "mask",
    points: encodeMask(
      fillEllipse(
        300 + random() * (WIDTH - 600),
        200 + random() * (HEIGHT - 400),
        60 + random() * 150,
        50 + random() * 100,
        random() * 180,
      ),
    ),
    rotation: 0,
    occluded: false,
    outside: false,
    z_order: 0,
    group: 0,
    source: "manual",
    score: 1,
    attributes: {},
    elements: [],
  }));
}

/** Draws at once what a page would draw at the next frame, rasterised to the last pixel. */
class Frames {
  private callbacks: FrameRequestCallback[] = [];
  private readonly original = window.requestAnimationFrame;

  take(): void {
    window.requestAnimationFrame = (callback) => this.callbacks.push(callback);
  }

  draw(canvas: HTMLCanvasElement): void {
    const due = this.callbacks;
    this.callbacks = [];
    for (const callback of due) callback(performance.now());
    rasterise(canvas);
  }

  giveBack(): void {
    window.requestAnimationFrame = this.original;
    for (const callback of this.callbacks) requestAnimationFrame(callback);
    this.callbacks = [];
  }
}

/** Browsers put drawing off until somebody looks. */
function rasterise(canvas: HTMLCanvasElement): void {
  (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, 1, 1);
}

async function ours({ dabs, size, masks }: Options): Promise<Result> {
  secondBundle.value = { FETCHED_TOOLS } as unknown as SecondBundle;
  const image = await createImageBitmap(picture());
  const player = {
    frame: signal(0),
    image: signal({ frame: 0, image, width: WIDTH, height: HEIGHT, tier: "exact" }),
    loading: signal(false),
    error: signal(null),
    playing: signal(false),
    showsSide: () => undefined,
  };
  const frames: FrameTable = {
    count: 1,
    kind: "images",
    fps: null,
    deleted: new Set(),
    nameOf: () => "frame",
    sizeOf: () => SIZE,
  };
  const info: JobInfo = { task: { id: 1, uid: "", name: "" }, job: { id: 1, start: 0, stop: 0 }, user: "", readOnly: false };
  const jobDocument = new JobDocument((label, changes) => ({ client: "bench", seq: 1, base: 0, label, changes }));
  jobDocument.replaceAll(records(masks), 1, null);
  jobDocument.addIds(1000, 2000);
  const editor = new Editor(info, signal(LABELS), frames, jobDocument, player as unknown as FramePlayer, {} as Link, {
    opacity: 30,
  });
  const host = makeHost();
  const scene = new Scene(host, editor);
  const tools = new ToolManager(scene, editor);
  await pause(300);
  while (!scene.crisp) await nextFrame();
  editor.tool.value = "mask";
  editor.masks.size.value = size;
  await pause(300);
  // A capture needs a real pointer.
  host.setPointerCapture = () => {};
  const top = host.querySelector<HTMLCanvasElement>(".cvw-canvas-top");
  if (!top) throw new Error("There is no canvas.");
  const pointer = (type: string, i: number): void => {
    const [clientX, clientY] = scene.toScreen(...place(i));
    host.dispatchEvent(new PointerEvent(type, { pointerId: 1, button: 0, clientX, clientY, bubbles: true }));
  };
  const screen = new Frames();
  screen.take();
  pointer("pointermove", 0);
  screen.draw(top);
  pointer("pointerdown", 0);
  screen.draw(top);
  const moves: number[] = [];
  for (let i = 1; i <= dabs; i++) {
    const began = performance.now();
    pointer("pointermove", i);
    screen.draw(top);
    moves.push(performance.now() - began);
    // Let the browser breathe, as it does between moves.
    if (i % 20 === 0) await pause(0);
  }
  const began = performance.now();
  pointer("pointerup", dabs);
  tools.complete();
  const commit = performance.now() - began;
  screen.giveBack();
  const made = jobDocument.statesAt(0).at(-1);
  const area = (made?.points ?? []).slice(0, -4).reduce((sum, run, i) => sum + (i % 2 === 1 ? run : 0), 0);
  tools.dispose();
  scene.dispose();
  host.remove();
  return { moves, commit, area };
}

/** fabric.js keeps a canvas of at least this size for every object. */
const CACHE_SIDE = 256;

/**
 * The baseline: a canvas of the picture's size with one dab a move, and a line to it from the last one where they are further apart
 * than half the brush, as CVAT draws with fabric.js; written from the description of its behaviour. On every move all of them are
 * drawn again, each from the canvas that fabric keeps for it; at the end the whole canvas is read back. What fabric computes for
 * each object besides is left out, so it is faster than the original.
 */
async function baseline({ dabs, size }: Options): Promise<Result> {
  const host = makeHost();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = SIZE;
  Object.assign(canvas.style, { width: `${VIEW.width}px`, height: `${VIEW.height}px` });
  host.append(canvas);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const objects: { x: number; y: number; cache: HTMLCanvasElement }[] = [];
  const keep = (x: number, y: number, width: number, height: number, draw: (own: CanvasRenderingContext2D) => void): void => {
    const cache = document.createElement("canvas");
    cache.width = Math.max(CACHE_SIDE, Math.ceil(width) + 2);
    cache.height = Math.max(CACHE_SIDE, Math.ceil(height) + 2);
    const own = cache.getContext("2d") as CanvasRenderingContext2D;
    own.translate(cache.width / 2, cache.height / 2);
    own.fillStyle = "#e6194b";
    own.strokeStyle = "#e6194b";
    own.beginPath();
    draw(own);
    objects.push({ x, y, cache });
  };
  const add = (i: number): void => {
    const [x, y] = place(i);
    keep(x, y, size, size, (own) => {
      own.arc(0, 0, size / 2, 0, 2 * Math.PI);
      own.fill();
    });
    const [fromX, fromY] = place(Math.max(0, i - 1));
    const [dx, dy] = [(x - fromX) / 2, (y - fromY) / 2];
    if (Math.hypot(2 * dx, 2 * dy) <= size / 2) return;
    keep((x + fromX) / 2, (y + fromY) / 2, Math.abs(2 * dx) + size, Math.abs(2 * dy) + size, (own) => {
      own.lineWidth = size;
      own.lineCap = "round";
      own.moveTo(-dx, -dy);
      own.lineTo(dx, dy);
      own.stroke();
    });
  };
  const renderAll = (): void => {
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.save();
    for (const { x, y, cache } of objects) {
      context.save();
      context.globalCompositeOperation = "source-over";
      context.transform(1, 0, 0, 1, x, y);
      context.globalAlpha = 1;
      context.drawImage(cache, -cache.width / 2, -cache.height / 2);
      context.restore();
    }
    context.restore();
  };
  await pause(300);
  add(0);
  renderAll();
  rasterise(canvas);
  const moves: number[] = [];
  for (let i = 1; i <= dabs; i++) {
    const began = performance.now();
    add(i);
    renderAll();
    rasterise(canvas);
    moves.push(performance.now() - began);
    if (i % 20 === 0) await pause(0);
  }
  const began = performance.now();
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  const runs: number[] = [0];
  let set = false;
  let area = 0;
  for (let i = 3; i < data.length; i += 4) {
    const now = (data[i] as number) > 0;
    if (now) area++;
    if (now === set) runs[runs.length - 1] = (runs.at(-1) as number) + 1;
    else runs.push(1);
    set = now;
  }
  const commit = performance.now() - began;
  host.remove();
  return { moves, commit, area };
}

Object.assign(window, { bench: { ours, baseline } });
