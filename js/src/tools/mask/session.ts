/** One mask while it is drawn: its bitmap, and what can be taken back. No canvas, no editor. */

import type { Points } from "../../document/records";
import type { Bitmap } from "../../geometry/bitmap";
import { type Brush, snapToBrush } from "../../geometry/brush";
import { fillPolygon } from "../../geometry/fill";
import { type Change, TiledBitmap } from "../../geometry/tiles";
import type { Point } from "../../shapes/kind";

/** So many tiles (of 64 KB) are kept for undo, and at least the last stroke. */
const KEPT_TILES = 2048;

export class MaskSession {
  bitmap: TiledBitmap;
  private done: Change[] = [];
  private undone: Change[] = [];
  private last: Point | null = null;

  constructor(
    size: readonly [width: number, height: number],
    /** What the session begins with. */
    readonly original: Bitmap | null = null,
  ) {
    this.bitmap = new TiledBitmap(...size);
    if (original) this.bitmap.write(original, 1);
  }

  /** Whether a brush is down. */
  get stroking(): boolean {
    return this.last !== null;
  }

  /** Whether something was done that could be taken back, or done again. */
  get touched(): boolean {
    return this.done.length > 0 || this.undone.length > 0 || this.stroking;
  }

  begin(at: Point, brush: Brush, value: 0 | 1): void {
    this.bitmap.begin();
    this.last = snapToBrush(at, brush.size);
    this.bitmap.stroke(this.last, this.last, brush, value);
  }

  move(to: Point, brush: Brush, value: 0 | 1): void {
    if (!this.last) return;
    const next = snapToBrush(to, brush.size);
    if (next[0] === this.last[0] && next[1] === this.last[1]) return;
    this.bitmap.stroke(this.last, next, brush, value);
    this.last = next;
  }

  /** Lift the brush. */
  end(): void {
    if (!this.last) return;
    this.last = null;
    this.keep(this.bitmap.end());
  }

  /** Lift the brush as if it had never come down. */
  revert(): void {
    if (!this.last) return;
    this.last = null;
    const change = this.bitmap.end();
    if (change) this.bitmap.restore(change);
  }

  polygon(points: Points, value: 0 | 1): void {
    this.bitmap.begin();
    this.bitmap.write(fillPolygon(points), value);
    this.keep(this.bitmap.end());
  }

  undo(): boolean {
    const change = this.done.pop();
    if (change) this.undone.push(this.bitmap.restore(change));
    return change !== undefined;
  }

  redo(): boolean {
    const change = this.undone.pop();
    if (change) this.done.push(this.bitmap.restore(change));
    return change !== undefined;
  }

  /** Go on with a picture of another size; what no longer fits is cut off, and what was done before is settled. */
  resize(size: readonly [width: number, height: number]): void {
    if (size[0] === this.bitmap.width && size[1] === this.bitmap.height) return;
    this.end();
    const pixels = this.bitmap.read();
    this.bitmap = new TiledBitmap(...size);
    this.bitmap.write(pixels, 1);
    this.done = [];
    this.undone = [];
  }

  private keep(change: Change | null): void {
    if (!change) return;
    this.done.push(change);
    this.undone = [];
    let tiles = this.done.reduce((sum, { size }) => sum + size, 0);
    while (tiles > KEPT_TILES && this.done.length > 1) tiles -= this.done.shift()?.size ?? 0;
  }
}
