/** When the canvases of a scene are drawn again: each when something on it changed, at most once a frame of the screen. */
import type { Canvases } from "./canvases";

type Layer = "base" | "top";

/** The view counts as moving for this long after it changed. */
const REST_MS = 110;
/** A new frame with many shapes waits this long for their drawing, so that picture and shapes change together. */
const HOLD_MS = 150;

export class Redrawing {
  private readonly outdated = new Set<Layer>(["base", "top"]);
  private request = 0;
  /** When the view moved last, and when it moved or the picture changed. */
  private movedAt = Number.NEGATIVE_INFINITY;
  private changedAt = Number.NEGATIVE_INFINITY;
  private heldUntil = 0;
  private restTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly canvases: Canvases,
    private readonly draw: (layer: Layer) => void,
  ) {}

  /** Whether anything waits for being drawn. */
  get pending(): boolean {
    return this.outdated.size > 0;
  }

  get moving(): boolean {
    return performance.now() - this.movedAt < REST_MS;
  }

  /** Whether to draw as fast as it goes, for something has just changed. */
  get quick(): boolean {
    return performance.now() - this.changedAt < REST_MS;
  }

  /** Draw a canvas again with the next frame of the screen. */
  invalidate(layer: Layer): void {
    this.outdated.add(layer);
    if (this.request === 0) this.request = requestAnimationFrame(() => this.flush());
  }

  /** Draw both at once. */
  all(): void {
    this.outdated.add("base").add("top");
    this.flush();
  }

  /** The view has moved. */
  moved(): void {
    this.movedAt = performance.now();
    this.invalidate("top");
    this.quickly();
  }

  /** Draw the lower canvas as fast as it goes, and as well as it goes once nothing has changed for a moment. */
  quickly(): void {
    this.changedAt = performance.now();
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.invalidate("base"), REST_MS + 5);
    this.invalidate("base");
  }

  /** From now on a new frame waits for the drawing of its shapes, though not for long. */
  hold(): void {
    this.heldUntil = performance.now() + HOLD_MS;
  }

  /** Whether the lower canvas is still to wait; it is drawn once the wait is over. */
  isHeld(): boolean {
    const left = this.heldUntil - performance.now();
    if (left > 0) setTimeout(() => this.invalidate("base"), left + 1);
    return left > 0;
  }

  dispose(): void {
    cancelAnimationFrame(this.request);
    clearTimeout(this.restTimer);
  }

  private flush(): void {
    cancelAnimationFrame(this.request);
    this.request = 0;
    const { width, height } = this.canvases.base;
    if (width === 0 || height === 0) return;
    for (const layer of ["base", "top"] as const) if (this.outdated.delete(layer)) this.draw(layer);
  }
}
