/**
 * A part of an outline is drawn anew: from one of its points, over new ones, to another of its points. A polygon then has two parts
 * of which one goes: the one that is smaller in every way goes by itself, else it is chosen, by a click or by Tab.
 */
import { nearestPlace } from "../../geometry/contour";
import { cutPart, lineWithPart, nearerPart, type Part, ringWithPart, smallerPart } from "../../geometry/replaced-part";
import { HANDLE_RADIUS } from "../../scene/picker";
import type { Preview } from "../../scene/stage";
import type { Figure, Handle, Point } from "../../shapes/kind";
import { isInside } from "../../shapes/vertices";
import { commitFigures } from "../commit";
import { clampPoint, refusal } from "../rules";
import type { KeyInput, ToolContext, ToolEvent } from "../state";
import { type Home, Step } from "./gesture";

/** CSS pixels between points that are set while Shift is held and the cursor moves. */
const SLIDE_STEP = 12;
/** Points count as nearer than places between them by more than any picture is wide. */
const FAR = 1e9;
const ASK = "Click the part that stays, or Tab and Enter";

export class RedrawingPart extends Step {
  override readonly name = "redrawing";
  private readonly figure: Figure | undefined;
  private drawn: number[] = [];
  private cursor: Point;
  /** The vertex under the cursor, at which the path would end. */
  private target: number | null = null;
  /** The path has ended, and somebody has to say which part stays. */
  private asking = false;
  /** What was chosen by Tab, or by pointing at a part. */
  private chosen: Part | null = null;

  constructor(
    context: ToolContext,
    home: Home,
    private readonly id: number,
    private readonly from: Handle,
  ) {
    super(context, home);
    this.figure = context.stage.figureOf(id);
    this.cursor = [from.x, from.y];
  }

  override enter(): void {
    this.context.stage.setCursor("crosshair");
    this.context.editor.announce("Click new points, and another point of the shape to finish");
    this.show();
  }

  override pointerMove(event: ToolEvent): void {
    this.cursor = clampPoint(event.point, this.context.stage.pictureSize());
    if (this.asking) this.point();
    else {
      const target = this.targetAt(event);
      if (target !== this.target) this.chosen = null;
      this.target = target;
      const last = this.drawn.length > 0 ? this.drawn.slice(-2) : [this.from.x, this.from.y];
      const distance = Math.hypot(this.cursor[0] - (last[0] as number), this.cursor[1] - (last[1] as number));
      if (event.shift && this.drawn.length > 0 && distance * this.context.stage.viewport.scale.peek() > SLIDE_STEP) {
        this.drawn.push(...this.cursor);
      }
    }
    this.show();
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = clampPoint(event.point, this.context.stage.pictureSize());
    if (this.asking) {
      this.point();
      this.finish();
      return;
    }
    const target = this.targetAt(event);
    if (target === null) {
      this.drawn.push(...this.cursor);
      this.show();
      return;
    }
    if (target !== this.target) this.chosen = null;
    this.target = target;
    if (this.isClear) this.finish();
    else {
      this.asking = true;
      this.context.stage.setCursor("pointer");
      this.context.editor.announce(`${ASK}. Esc gives it up.`);
      this.show();
    }
  }

  override secondary(): boolean {
    if (this.asking) {
      this.asking = false;
      this.context.stage.setCursor("crosshair");
    } else this.drawn = this.drawn.slice(0, -2);
    this.show();
    return true;
  }

  override key(event: KeyInput): boolean {
    if (event.key === "Backspace") return this.secondary();
    if (event.key === "Tab" && this.target !== null && this.isRing) {
      this.chosen = this.part === 0 ? 1 : 0;
      this.context.editor.announce("The other part stays");
      this.show();
    } else if ((event.key === "Enter" || event.code === "KeyN") && this.target !== null) this.finish();
    return event.key !== "Escape";
  }

  override cancel(): boolean {
    this.home.idle();
    return true;
  }

  override frameChanged(): void {
    this.cancel();
  }

  private get isRing(): boolean {
    return this.figure?.type === "polygon";
  }

  private get points(): readonly number[] {
    return this.figure?.points ?? [];
  }

  private targetAt({ point }: ToolEvent): number | null {
    const { editor, stage } = this.context;
    // The handles on the canvas are those of what the shape would become; the path ends at a point of what it is.
    const place = nearestPlace(this.points, false, point, FAR);
    const reach = Math.max(HANDLE_RADIUS, editor.settings.peek().controlPointSize + 3) / stage.viewport.scale.peek();
    return place && place.distance <= reach && place.index !== this.from.index ? place.index : null;
  }

  /** Whether nobody need be asked: there is one way only, it was chosen, or both rules say the same. */
  private get isClear(): boolean {
    return !this.isRing || this.chosen !== null || this.advised !== null;
  }

  private get advised(): Part | null {
    const on = this.context.editor.settings.peek().intelligentCropping;
    return on && this.target !== null ? smallerPart(this.points, this.from.index, this.target) : null;
  }

  /** The part that would be cut off. */
  private get part(): Part {
    const { points, from, target, drawn } = this;
    return this.chosen ?? this.advised ?? nearerPart(points, from.index, target ?? from.index, drawn);
  }

  /** The part under the cursor stays, if it is under one only. */
  private point(): void {
    const [first, second] = ([0, 1] as const).map((part) => isInside(this.result(part), ...this.cursor));
    if (first !== second) this.chosen = first ? 0 : 1;
  }

  private result(part: Part): number[] {
    const { points, from, target, drawn } = this;
    if (target === null) return [...points];
    if (this.isRing) return ringWithPart(points, from.index, target, drawn, part);
    return lineWithPart(points, from.index, target, drawn);
  }

  private finish(): void {
    const { figure, id } = this;
    const { editor } = this.context;
    const points = this.result(this.part);
    this.home.idle();
    if (!figure) return;
    const result = { ...figure, points };
    const reason = refusal(result);
    if (reason) editor.toast("warning", reason);
    else commitFigures(editor, "Redraw part of", new Map([[id, result]]));
  }

  private show(): void {
    const { cursor, from, drawn, target, figure } = this;
    const { editor, stage } = this.context;
    const state = stage.stateOf(this.id);
    const color = (state && editor.labelOf(state.label)?.color) || "#808080";
    if (target === null || !figure) {
      const points = [from.x, from.y, ...drawn, ...cursor];
      stage.setPreview({ draft: { type: "polyline", color, points, fixed: points.length / 2 - 1 } });
      return;
    }
    const { part } = this;
    const cut = this.isRing ? cutPart(this.points, from.index, target, part) : [];
    const text = this.asking ? ASK : this.isClear ? "Tab: the other part stays" : "Click, then choose what stays";
    stage.setPreview({
      figures: new Map([[this.id, { ...figure, points: this.result(part) }]]),
      paint: (context, unit) => drawCut(context, cut, color, unit),
      readout: this.isRing ? { at: cursor, text } : null,
    });
  }
}

/** What would go: dashed, on dark, so that it can be told from what stays on every picture. */
function drawCut(
  context: Parameters<NonNullable<Preview["paint"]>>[0],
  line: readonly number[],
  color: string,
  unit: number,
): void {
  context.save();
  context.beginPath();
  for (let i = 0; i + 1 < line.length; i += 2) context.lineTo(line[i] as number, line[i + 1] as number);
  context.lineWidth = 3 * unit;
  context.strokeStyle = "rgba(0, 0, 0, 0.45)";
  context.stroke();
  context.lineWidth = 1.5 * unit;
  context.setLineDash([5 * unit, 4 * unit]);
  context.strokeStyle = color;
  context.stroke();
  context.restore();
}
