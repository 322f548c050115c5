/** Two fingers on a touch screen zoom and shift the view. */
import type { Viewport } from "../scene/viewport";
import type { Point } from "../shapes/kind";

export class Pinch {
  private readonly fingers = new Map<number, Point>();

  constructor(private readonly viewport: Viewport) {}

  get active(): boolean {
    return this.fingers.size >= 2;
  }

  /** True if this finger makes it a pinch. */
  down(id: number, screen: Point): boolean {
    this.fingers.set(id, screen);
    return this.active;
  }

  move(id: number, screen: Point): void {
    if (!this.fingers.has(id)) return;
    const before = this.middle();
    this.fingers.set(id, screen);
    const after = this.middle();
    this.viewport.panBy(after.x - before.x, after.y - before.y);
    if (before.spread > 0 && after.spread > 0) this.viewport.zoomAt(after.spread / before.spread, after.x, after.y);
  }

  up(id: number): void {
    this.fingers.delete(id);
  }

  private middle(): { readonly x: number; readonly y: number; readonly spread: number } {
    const [a, b] = [...this.fingers.values()] as [Point, Point];
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, spread: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  }
}
