/** Who draws the bitmaps of the static layer: a worker, or the page in small slices where workers are refused (CSP). */

import { type DrawMessage, Easel, type EaselAnswer, type ItemsMessage } from "./easel";
import type { Item } from "./items";
import type { Label } from "./labels";
import { packItems, transferables } from "./packing";
import workerSource from "./static.worker.ts?inline";
import { contextOf, createSurface } from "./surface";

export type DrawRequest = Omit<DrawMessage, "t" | "request">;

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

class WorkerRenderer implements Renderer {
  private readonly url: string;
  private readonly worker: Worker;
  private request = 0;
  private pending = 0;

  constructor(onSketch: (sketch: Sketch) => void, onRefused: () => void) {
    this.url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    this.worker = new Worker(this.url);
    this.worker.onmessage = ({ data }: MessageEvent<EaselAnswer>) => {
      if (data.t === "failed") onRefused();
      else if (data.request !== this.pending) data.bitmap.close();
      else {
        this.pending = 0;
        onSketch({ source: data.bitmap, labels: data.labels });
      }
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      onRefused();
    };
  }

  get busy(): boolean {
    return this.pending !== 0;
  }

  update(changed: readonly Item[], order: readonly Item[]): void {
    const message = itemsMessage(changed, order);
    this.worker.postMessage(message, [...transferables(message.changed), message.order.buffer as ArrayBuffer]);
  }

  draw(request: DrawRequest): void {
    if (this.pending) this.worker.postMessage({ t: "cancel", request: this.pending });
    this.pending = ++this.request;
    this.worker.postMessage({ t: "draw", request: this.pending, ...request });
  }

  dispose(): void {
    this.worker.terminate();
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
