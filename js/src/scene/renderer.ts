/** Who draws the bitmaps of the static layer: a worker, or the page in small slices where workers are refused (CSP). */

import { type DrawMessage, Easel, type EaselAnswer, type ItemsMessage } from "./easel";
import type { Item } from "./items";
import type { Label } from "./labels";
import { packItems, transferables } from "./packing";
import type { Area } from "./painter";
import workerSource from "./static.worker.ts?inline";
import { contextOf, createSurface } from "./surface";

export interface DrawRequest extends Omit<DrawMessage, "t" | "request"> {
  /** The view is moving: leave a processor to the page. */
  readonly moving: boolean;
}

/** What a renderer hands back: the bitmap and where texts stand on it. */
export interface Sketch {
  readonly source: ImageBitmap | OffscreenCanvas | HTMLCanvasElement;
  readonly labels: readonly Label[];
}

export interface Renderer {
  /** Take new and changed items, and all of them in order, bottom first. */
  update(changed: readonly Item[], order: readonly Item[]): void;
  /** Draw; an earlier request that is still under way is dropped. */
  draw(request: DrawRequest): void;
  readonly busy: boolean;
  dispose(): void;
}

function itemsMessage(changed: readonly Item[], order: readonly Item[]): ItemsMessage {
  return { t: "items", changed: packItems(changed), order: Float64Array.from(order, (item) => item.id) };
}

/** From this many items on, several workers share a drawing. */
const SHARED_ITEMS = 2000;
const MAX_WORKERS = 4;

/** The rows of a drawing that one worker does. */
export function stripesOf(area: Area, count: number): Area[] {
  const height = Math.ceil(area.height / count);
  const stripes: Area[] = [];
  for (let top = 0; top < area.height; top += height) {
    stripes.push({ ...area, y: area.y + top / area.scale, height: Math.min(height, area.height - top) });
  }
  return stripes;
}

/** Workers that draw stripes of one bitmap side by side. All know all items; the first does small drawings alone. */
class WorkerRenderer implements Renderer {
  private readonly url: string;
  private readonly workers: Worker[];
  private itemCount = 0;
  private request = 0;
  private pending: { readonly request: number; readonly area: Area; readonly stripes: readonly Area[] } | null = null;
  private readonly drawn = new Map<number, ImageBitmap>();
  private labels: readonly Label[] = [];

  constructor(
    private readonly onSketch: (sketch: Sketch) => void,
    private readonly onRefused: () => void,
  ) {
    this.url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    const count = Math.max(1, Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 1));
    this.workers = Array.from({ length: count }, (_, index) => this.start(index));
  }

  private start(index: number): Worker {
    const worker = new Worker(this.url);
    worker.onmessage = ({ data }: MessageEvent<EaselAnswer>) => {
      if (data.t === "failed") this.onRefused();
      else this.take(index, data.request, data.bitmap, data.labels);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.onRefused();
    };
    return worker;
  }

  get busy(): boolean {
    return this.pending !== null;
  }

  update(changed: readonly Item[], order: readonly Item[]): void {
    const message = itemsMessage(changed, order);
    this.itemCount = order.length;
    // The last may have the arrays themselves, the others get copies.
    const last = this.workers.length - 1;
    this.workers.forEach((worker, index) => {
      const buffers = [...transferables(message.changed), message.order.buffer as ArrayBuffer];
      worker.postMessage(message, index === last ? buffers : []);
    });
  }

  draw(request: DrawRequest): void {
    const { area, style } = request;
    this.drop();
    // Texts may cross from one stripe to the next, and are thinned out over the whole.
    const helpers = request.moving ? Math.max(1, this.workers.length - 1) : this.workers.length;
    const count = this.itemCount < SHARED_ITEMS || style.texts ? 1 : helpers;
    const stripes = stripesOf(area, count);
    this.pending = { request: ++this.request, area, stripes };
    stripes.forEach((stripe, index) => {
      this.workers[index]?.postMessage({ t: "draw", request: this.request, ...request, area: stripe });
    });
  }

  private take(index: number, request: number, bitmap: ImageBitmap, labels: readonly Label[]): void {
    const { pending } = this;
    if (pending?.request !== request) {
      bitmap.close();
      return;
    }
    this.drawn.set(index, bitmap);
    this.labels = labels;
    if (this.drawn.size < pending.stripes.length) return;
    const source = pending.stripes.length === 1 ? bitmap : this.joined(pending.area, pending.stripes);
    this.drawn.clear();
    this.pending = null;
    this.onSketch({ source, labels: this.labels });
  }

  /** One bitmap of the stripes: blitted one by one and scaled they would show their seams. */
  private joined(area: Area, stripes: readonly Area[]): Sketch["source"] {
    const surface = createSurface(area.width, area.height);
    const context = contextOf(surface);
    let top = 0;
    stripes.forEach((stripe, index) => {
      const bitmap = this.drawn.get(index) as ImageBitmap;
      context.drawImage(bitmap, 0, top);
      bitmap.close();
      top += stripe.height;
    });
    return surface;
  }

  private drop(): void {
    if (!this.pending) return;
    for (const worker of this.workers) worker.postMessage({ t: "cancel", request: this.pending.request });
    for (const bitmap of this.drawn.values()) bitmap.close();
    this.drawn.clear();
    this.pending = null;
  }

  dispose(): void {
    this.drop();
    for (const worker of this.workers) worker.terminate();
    URL.revokeObjectURL(this.url);
  }
}

/** How long the page may draw before it lets the user's input through. */
const SLICE_MS = 8;

class PageRenderer implements Renderer {
  private readonly easel = new Easel();
  private pending = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onSketch: (sketch: Sketch) => void) {}

  get busy(): boolean {
    return this.pending !== 0;
  }

  update(changed: readonly Item[], order: readonly Item[]): void {
    this.easel.takeItems(itemsMessage(changed, order));
  }

  draw(request: DrawRequest): void {
    clearTimeout(this.timer);
    this.pending++;
    const source = createSurface(request.area.width, request.area.height);
    const steps = this.easel.draw(contextOf(source), { t: "draw", request: this.pending, ...request });
    const go = (): void => {
      const until = performance.now() + SLICE_MS;
      for (;;) {
        const step = steps.next();
        if (step.done) {
          this.pending = 0;
          this.onSketch({ source, labels: step.value });
          return;
        }
        if (performance.now() > until) break;
      }
      this.timer = setTimeout(go);
    };
    this.timer = setTimeout(go);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}

/** A renderer that starts in a worker and moves to the page if the worker cannot run; `onMoved` asks for the items again. */
export function createRenderer(onSketch: (sketch: Sketch) => void, onMoved: (renderer: Renderer) => void): Renderer {
  if (typeof Worker === "undefined" || typeof OffscreenCanvas === "undefined") return new PageRenderer(onSketch);
  try {
    const renderer: WorkerRenderer = new WorkerRenderer(onSketch, () => {
      renderer.dispose();
      onMoved(new PageRenderer(onSketch));
    });
    return renderer;
  } catch {
    return new PageRenderer(onSketch);
  }
}
