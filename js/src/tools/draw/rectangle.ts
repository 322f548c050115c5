/** A rectangle by two clicks, or by a drag, between opposite corners. */
import type { Point } from "../../shapes/kind";
import { rectangle } from "../../shapes/rectangle";
import { movedFar, type ToolEvent } from "../state";
import { Drawing } from "./drawing";

export class DrawRectangle extends Drawing {
  override readonly name = "rectangle";
  private anchor: Point | null = null;
  private pressedAt: Point | null = null;

  override get path(): string {
    return this.anchor ? "rectangle.drawing" : "rectangle.idle";
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = this.inside(event.point);
    if (this.anchor) {
      this.close();
      return;
    }
    this.anchor = this.cursor;
    this.pressedAt = event.screen;
    this.show();
  }

  override pointerUp(event: ToolEvent): void {
    const { pressedAt } = this;
    this.pressedAt = null;
    if (!this.anchor || !pressedAt || !movedFar(event.screen, pressedAt)) return;
    this.cursor = this.inside(event.point);
    this.close();
  }

  override complete(): boolean {
    if (this.anchor && this.cursor) this.close();
    else this.cancel();
    return true;
  }

  protected override removeLast(): boolean {
    if (!this.anchor) return false;
    this.anchor = null;
    this.pressedAt = null;
    this.show();
    return true;
  }

  protected override show(): void {
    const { anchor, cursor } = this;
    const points = anchor ? [...anchor, ...(cursor ?? anchor)] : [];
    this.context.stage.setPreview({
      crosshair: cursor,
      draft: anchor ? { type: "rectangle", color: this.color, points, fixed: 1 } : null,
      readout: anchor && cursor ? { at: cursor, text: rectangle.measure(this.figure(points)) } : null,
    });
  }

  private close(): void {
    const [x0, y0] = this.anchor as Point;
    const [x1, y1] = this.cursor as Point;
    this.anchor = null;
    this.pressedAt = null;
    if (!this.finish([Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)])) this.show();
  }
}
