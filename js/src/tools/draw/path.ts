/** Polygons, polylines and point sets: one click a point, or many at once while Shift is held. */
import { clippedToPicture } from "../../geometry/contour";
import { kindOf } from "../../shapes/index";
import { boxOfPoints, type Point } from "../../shapes/kind";
import { borderBetween, type Snap } from "../snapping";
import type { ToolContext, ToolEvent } from "../state";
import { Drawing } from "./drawing";

/** CSS pixels between points that are set while Shift is held. */
const SLIDE_STEP = 12;
/** A click so near to the first point closes a polygon. */
const CLOSE_REACH = 8;

export class DrawPath extends Drawing {
  private points: readonly number[] = [];
  /** What the last point snapped to. */
  private lastSnap: Snap | null = null;

  constructor(
    context: ToolContext,
    override readonly name: "polygon" | "polyline" | "points",
  ) {
    super(context);
  }

  override get path(): string {
    return `${this.name}.${this.points.length > 0 ? "drawing" : "idle"}`;
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = this.place(event);
    // The first press of a double click has set its point already.
    if (event.clicks === 2 && this.points.length > 2 && this.name !== "points") {
      this.complete();
      return;
    }
    if (this.name === "polygon" && this.points.length >= 6 && this.isNear(this.points.slice(0, 2), CLOSE_REACH)) {
      this.complete();
      return;
    }
    this.add(this.cursor);
  }

  override pointerMove(event: ToolEvent): void {
    super.pointerMove(event);
    const { cursor } = this;
    if (event.shift && cursor && this.points.length > 0 && !this.isNear(this.points.slice(-2), SLIDE_STEP)) this.add(cursor);
  }

  override complete(): boolean {
    if (this.points.length === 0) return this.cancel();
    return this.finish(this.cropped()) || true;
  }

  /** Polygons may run beyond the picture while they are drawn. */
  protected override free(point: Point): Point {
    const { editor } = this.context;
    return this.name === "polygon" && editor.settings.peek().cropPolygons ? point : this.inside(point);
  }

  private cropped(): readonly number[] {
    if (this.name !== "polygon") return this.points;
    return clippedToPicture(this.points, this.context.stage.pictureSize());
  }

  protected override removeLast(): boolean {
    this.lastSnap = null;
    if (this.points.length === 0) return false;
    this.points = this.points.slice(0, -2);
    this.show();
    return true;
  }

  protected override show(): void {
    const { cursor, points, name } = this;
    const all = cursor && name !== "points" ? [...points, ...cursor] : points;
    const drawn = points.length > 0;
    this.context.stage.setPreview({
      crosshair: cursor,
      draft: drawn ? { type: name, color: this.color, points: all, fixed: points.length / 2 } : null,
      readout: drawn && cursor ? { at: cursor, text: this.measure(all) } : null,
    });
  }

  private measure(points: readonly number[]): string {
    if (this.name !== "polygon") return kindOf(this.name).measure(this.figure(points));
    const count = this.points.length / 2;
    const { minX, minY, maxX, maxY } = boxOfPoints(points);
    return `${count} point${count === 1 ? "" : "s"}, ${(maxX - minX).toFixed(1)} × ${(maxY - minY).toFixed(1)}`;
  }

  private add(point: Point): void {
    const { snap, lastSnap } = this;
    this.points = [...this.points, ...(snap && lastSnap ? borderBetween(lastSnap, snap) : []), ...point];
    this.lastSnap = snap;
    const wanted = this.context.editor.settings.peek().pointCount;
    if (wanted > 0 && this.points.length / 2 >= wanted && this.finish(this.cropped())) return;
    this.show();
  }

  private isNear(point: readonly number[], reach: number): boolean {
    const [x, y] = this.cursor as Point;
    const distance = Math.hypot(x - (point[0] as number), y - (point[1] as number));
    return distance * this.context.stage.viewport.scale.value <= reach;
  }
}
