/** Intelligent scissors: clicks along an outline, and between them a line that follows the edges of the picture. */

import { encodeMask } from "../../geometry/bitmap";
import { toRectangle } from "../../geometry/convert";
import { fillPolygon } from "../../geometry/fill";
import { distanceOfDetail, simplifiedLine, simplifiedRing } from "../../geometry/simplify";
import { EMPTY_EDGES, type Figure, type Point } from "../../shapes/kind";
import type { ToolEvent, WheelInput } from "../state";
import { drawLine, drawThreshold, drawVertices } from "./marks";
import { Suggesting } from "./suggesting";
import { type LiveWire, liveWireOf } from "./wire";

/** A click so near to the first point closes the outline, so near to the last one takes it back; in CSS pixels. */
const REACH = 8;
const SMALLEST_THRESHOLD = 16;
/** Part of the longer side of the picture that the square has at first. */
const USUAL_PART = 0.25;

export class Scissors extends Suggesting {
  override readonly name = "scissors";
  private readonly wire: LiveWire;
  private points: readonly Point[] = [];
  private closing = false;

  constructor(...[context]: ConstructorParameters<typeof Suggesting>) {
    super(context);
    this.wire = liveWireOf(context.editor);
  }

  override get path(): string {
    return `scissors.${this.points.length > 0 ? "drawing" : "idle"}`;
  }

  override enter(): void {
    this.wire.clear();
    if (this.wire.threshold.peek() === 0) {
      this.wire.threshold.value = Math.round(USUAL_PART * Math.max(...this.context.stage.pictureSize()));
    }
    super.enter();
  }

  override exit(): void {
    super.exit();
    this.wire.clear();
  }

  override pointerDown(event: ToolEvent): void {
    if (this.closing || !this.context.stage.upToDate) return;
    this.interaction.hold(event.ctrl);
    const at = this.inside(event.point);
    this.cursor = at;
    const { points } = this;
    const [first, last] = [points[0], points.at(-1)];
    if (event.clicks === 2 && points.length >= 3) this.complete();
    else if (first && points.length >= 3 && this.isNear(first, at)) this.complete();
    else if (last && this.isNear(last, at)) {
      // The first press of a double click has set its point already.
      if (event.clicks === 1) this.removeLast();
    } else if (!last) this.points = [at];
    else if (this.isStraight || this.wire.reaches(last, at)) {
      this.wire.fix(last, at, this.isStraight);
      this.points = [...points, at];
    } else {
      this.context.editor.announce("Too far from the last point");
      this.wire.error.value =
        "Too far from the last point: widen the square with Ctrl and the wheel, or hold Ctrl for a straight line.";
      return;
    }
    this.wire.error.value = null;
    this.show();
  }

  override pointerMove(event: ToolEvent): void {
    super.pointerMove(event);
    this.aim();
  }

  override pointerLeave(): void {
    super.pointerLeave();
    this.wire.aim(null, null, false);
  }

  override wheel(delta: number, event: WheelInput): boolean {
    if (!(event.ctrlKey || event.metaKey || event.shiftKey) || delta === 0) return false;
    const most = 2 * Math.max(...this.context.stage.pictureSize());
    const next = this.wire.threshold.peek() * (delta < 0 ? 1.1 : 1 / 1.1);
    this.wire.threshold.value = Math.round(Math.min(most, Math.max(SMALLEST_THRESHOLD, next)));
    this.show();
    return true;
  }

  override cancel(): boolean {
    if (this.points.length === 0) return super.cancel();
    this.clear();
    return true;
  }

  override complete(): boolean {
    const { points, wire } = this;
    const [first, last] = [points[0], points.at(-1)];
    if (this.closing) return true;
    if (!first || !last) return super.cancel();
    if (points.length < 3) {
      this.context.editor.toast("info", "An outline needs at least 3 points.");
      return true;
    }
    this.closing = true;
    wire.aim(null, null, false);
    wire.fix(last, first, this.interaction.blocked.peek() || !wire.reaches(last, first));
    void wire.settled().then(() => {
      if (!this.closing) return;
      this.closing = false;
      if (this.accept(this.result(), 1, "intelligent scissors")) return;
      wire.removeLast();
      this.show();
    });
    return true;
  }

  /** The points belong to the picture they were set on. */
  override frameChanged(): void {
    this.clear();
  }

  protected override clear(): void {
    this.points = [];
    this.closing = false;
    this.wire.clear();
    this.show();
  }

  protected override removeLast(): boolean {
    if (this.points.length === 0 || this.closing) return false;
    this.points = this.points.slice(0, -1);
    this.wire.removeLast();
    this.aim();
    this.show();
    return true;
  }

  protected override follow(): void {
    const { legs, loose, threshold } = this.wire;
    const { output, held, blocked } = this.interaction;
    for (const each of [legs, loose, threshold, output, held, blocked]) each.value;
  }

  protected override show(): void {
    const { cursor, points, color, wire } = this;
    const distance = distanceOfDetail(this.context.editor.settings.peek().polygonDetail);
    const lines = wire.legs.peek().map(({ line }) => simplifiedLine(line, distance));
    const loose = wire.loose.peek();
    const last = points.at(-1);
    const square = cursor && !this.isStraight ? { at: cursor, side: wire.threshold.peek() } : null;
    const outside = last !== undefined && cursor !== null && !wire.reaches(last, cursor);
    this.context.stage.setPreview({
      crosshair: cursor,
      paint: (context, unit) => {
        if (square) drawThreshold(context, square.at, square.side, outside, unit);
        drawLine(context, lines.flat(), color, false, unit);
        if (loose) drawLine(context, loose.line, color, true, unit);
        drawVertices(context, lines.flat(), color, unit);
        drawVertices(context, points.flat(), color, 2 * unit);
      },
    });
  }

  private aim(): void {
    if (!this.closing) this.wire.aim(this.points.at(-1) ?? null, this.cursor, this.isStraight);
  }

  private get isStraight(): boolean {
    return this.interaction.held.peek() || this.interaction.blocked.peek();
  }

  private isNear(point: Point, [x, y]: Point): boolean {
    return Math.hypot(point[0] - x, point[1] - y) * this.context.stage.viewport.scale.peek() <= REACH;
  }

  /** The outline as the shape it becomes. */
  private result(): Figure {
    const line = this.wire.legs.peek().flatMap((leg) => leg.line.slice(0, -2));
    const ring = simplifiedRing(line, distanceOfDetail(this.context.editor.settings.peek().polygonDetail));
    const type = this.interaction.output.peek();
    const polygon: Figure = { type: "polygon", points: ring, rotation: 0, edges: EMPTY_EDGES };
    if (type === "polygon") return polygon;
    const points = type === "mask" ? encodeMask(fillPolygon(ring)) : (toRectangle(polygon) ?? []);
    return { ...polygon, type, points };
  }
}
