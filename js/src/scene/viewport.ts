/**
 * Where the picture lies in the view. In CSS pixels of a view that is not turned, a point (x, y) of the picture is shown at
 * (x * scale + offsetX, y * scale + offsetY); this plane is then turned by quarter turns to be the screen.
 */
import { batch, type Signal, signal } from "@preact/signals";
import type { Box, Point } from "../shapes/kind";
import { type Turn, turnSize, unturnVector } from "./picture-turn";

export const MIN_SCALE = 0.05;
export const MAX_SCALE = 50;
const FIT_MARGIN = 8;

export class Viewport {
  readonly scale = signal(1);
  /** The offset, before the turn. */
  readonly x = signal(0);
  readonly y = signal(0);
  /** Width and height of the view on the screen; 0 while it is not laid out. */
  readonly size = signal<readonly [width: number, height: number]>([0, 0]);
  readonly turn: Signal<Turn> = signal(0);
  /** A very large picture must still fit, so the lower limit can be below MIN_SCALE. */
  private lowest = MIN_SCALE;
  /** Scale and offset after the last fit. */
  private afterFit: readonly [scale: number, x: number, y: number] = [0, 0, 0];

  toScreen(x: number, y: number): Point {
    const scale = this.scale.value;
    return this.turned(x * scale + this.x.value, y * scale + this.y.value);
  }

  toImage(x: number, y: number): Point {
    const scale = this.scale.value;
    const [viewX, viewY] = this.unturned(x, y);
    return [(viewX - this.x.value) / scale, (viewY - this.y.value) / scale];
  }

  /** The part of the picture's plane that the view shows. */
  visible(): Box {
    const scale = this.scale.value;
    const [width, height] = turnSize(this.size.value, this.turn.value);
    return {
      minX: -this.x.value / scale,
      minY: -this.y.value / scale,
      maxX: (width - this.x.value) / scale,
      maxY: (height - this.y.value) / scale,
    };
  }

  panBy(dx: number, dy: number): void {
    const [viewX, viewY] = unturnVector([dx, dy], this.turn.value);
    batch(() => {
      this.x.value += viewX;
      this.y.value += viewY;
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
    const [viewWidth, viewHeight] = turnSize(this.size.value, this.turn.value);
    if (viewWidth <= 0 || viewHeight <= 0 || width <= 0 || height <= 0) return;
    const margin = Math.min(FIT_MARGIN, viewWidth / 8, viewHeight / 8);
    const scale = Math.min((viewWidth - 2 * margin) / width, (viewHeight - 2 * margin) / height);
    this.lowest = Math.min(MIN_SCALE, scale);
    this.centre(scale, width / 2, height / 2);
    this.afterFit = [this.scale.peek(), this.x.peek(), this.y.peek()];
  }

  /** Whether the view is as the last fit has left it. */
  get fitted(): boolean {
    const [scale, x, y] = this.afterFit;
    return this.scale.peek() === scale && this.x.peek() === x && this.y.peek() === y;
  }

  /** Show a box of the picture, centred, with `padding` CSS pixels around it. */
  show(box: Box, padding = 40): void {
    const [viewWidth, viewHeight] = turnSize(this.size.value, this.turn.value);
    if (viewWidth <= 0 || viewHeight <= 0) return;
    const margin = Math.min(padding, viewWidth / 4, viewHeight / 4);
    const width = Math.max(box.maxX - box.minX, 1);
    const height = Math.max(box.maxY - box.minY, 1);
    const scale = Math.min((viewWidth - 2 * margin) / width, (viewHeight - 2 * margin) / height);
    this.centre(scale, (box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2);
  }

  /** Take a new size and keep the centre of the view where it is. */
  resize(width: number, height: number): void {
    const [oldWidth, oldHeight] = turnSize(this.size.value, this.turn.value);
    const [newWidth, newHeight] = turnSize([width, height], this.turn.value);
    batch(() => {
      this.size.value = [width, height];
      if (oldWidth > 0 && newWidth > 0) this.x.value += (newWidth - oldWidth) / 2;
      if (oldHeight > 0 && newHeight > 0) this.y.value += (newHeight - oldHeight) / 2;
    });
  }

  /** Turn the view about its centre. */
  setTurn(turn: Turn): void {
    if (turn === this.turn.peek()) return;
    const [width, height] = this.size.peek();
    const [imageX, imageY] = this.toImage(width / 2, height / 2);
    batch(() => {
      this.turn.value = turn;
      this.centre(this.scale.peek(), imageX, imageY);
    });
  }

  private centre(scale: number, imageX: number, imageY: number): void {
    const [width, height] = this.size.value;
    this.place(scale, imageX, imageY, width / 2, height / 2);
  }

  private place(scale: number, imageX: number, imageY: number, screenX: number, screenY: number): void {
    const clamped = Math.min(MAX_SCALE, Math.max(this.lowest, scale));
    const [viewX, viewY] = this.unturned(screenX, screenY);
    batch(() => {
      this.scale.value = clamped;
      this.x.value = viewX - imageX * clamped;
      this.y.value = viewY - imageY * clamped;
    });
  }

  private turned(x: number, y: number): Point {
    const turn = this.turn.value;
    if (turn === 0) return [x, y];
    const [width, height] = this.size.value;
    if (turn === 1) return [width - y, x];
    return turn === 2 ? [width - x, height - y] : [y, height - x];
  }

  private unturned(x: number, y: number): Point {
    const turn = this.turn.value;
    if (turn === 0) return [x, y];
    const [width, height] = this.size.value;
    if (turn === 1) return [y, width - x];
    return turn === 2 ? [width - x, height - y] : [height - y, x];
  }
}
