/**
 * Where the picture lies in the view: a scale and an offset, in CSS pixels. A point (x, y) of the picture is shown at
 * (x * scale + offsetX, y * scale + offsetY).
 */
import { batch, signal } from "@preact/signals";
import type { Box, Point } from "../shapes/kind";

export const MIN_SCALE = 0.05;
export const MAX_SCALE = 50;
const FIT_MARGIN = 8;

export class Viewport {
  readonly scale = signal(1);
  readonly x = signal(0);
  readonly y = signal(0);
  /** Width and height of the view; 0 while it is not laid out. */
  readonly size = signal<readonly [width: number, height: number]>([0, 0]);
  /** A very large picture must still fit, so the lower limit can be below MIN_SCALE. */
  private lowest = MIN_SCALE;

  toScreen(x: number, y: number): Point {
    const scale = this.scale.value;
    return [x * scale + this.x.value, y * scale + this.y.value];
  }

  toImage(x: number, y: number): Point {
    const scale = this.scale.value;
    return [(x - this.x.value) / scale, (y - this.y.value) / scale];
  }

  /** The part of the picture's plane that the view shows. */
  visible(): Box {
    const [width, height] = this.size.value;
    const [minX, minY] = this.toImage(0, 0);
    const [maxX, maxY] = this.toImage(width, height);
    return { minX, minY, maxX, maxY };
  }

  panBy(dx: number, dy: number): void {
    batch(() => {
      this.x.value += dx;
      this.y.value += dy;
    });
  }

  /** Zoom so that the point of the picture under (screenX, screenY) stays there. */
  zoomAt(factor: number, screenX: number, screenY: number): void {
    if (!(factor > 0) || !Number.isFinite(factor)) return;
    const [imageX, imageY] = this.toImage(screenX, screenY);
    this.place(this.scale.value * factor, imageX, imageY, screenX, screenY);
  }

  /** Show the whole picture, centred. */
  fit(width: number, height: number): void {
    const [viewWidth, viewHeight] = this.size.value;
    if (viewWidth <= 0 || viewHeight <= 0 || width <= 0 || height <= 0) return;
    const margin = Math.min(FIT_MARGIN, viewWidth / 8, viewHeight / 8);
    const scale = Math.min((viewWidth - 2 * margin) / width, (viewHeight - 2 * margin) / height);
    this.lowest = Math.min(MIN_SCALE, scale);
    this.place(scale, width / 2, height / 2, viewWidth / 2, viewHeight / 2);
  }

  /** Show a box of the picture, centred, with `padding` CSS pixels around it. */
  show(box: Box, padding = 40): void {
    const [viewWidth, viewHeight] = this.size.value;
    if (viewWidth <= 0 || viewHeight <= 0) return;
    const margin = Math.min(padding, viewWidth / 4, viewHeight / 4);
    const width = Math.max(box.maxX - box.minX, 1);
    const height = Math.max(box.maxY - box.minY, 1);
    const scale = Math.min((viewWidth - 2 * margin) / width, (viewHeight - 2 * margin) / height);
    this.place(scale, (box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2, viewWidth / 2, viewHeight / 2);
  }

  /** Take a new size and keep the centre of the view where it is. */
  resize(width: number, height: number): void {
    const [oldWidth, oldHeight] = this.size.value;
    batch(() => {
      this.size.value = [width, height];
      if (oldWidth > 0 && width > 0) this.x.value += (width - oldWidth) / 2;
      if (oldHeight > 0 && height > 0) this.y.value += (height - oldHeight) / 2;
    });
  }

  private place(scale: number, imageX: number, imageY: number, screenX: number, screenY: number): void {
    const clamped = Math.min(MAX_SCALE, Math.max(this.lowest, scale));
    batch(() => {
      this.scale.value = clamped;
      this.x.value = screenX - imageX * clamped;
      this.y.value = screenY - imageY * clamped;
    });
  }
}
