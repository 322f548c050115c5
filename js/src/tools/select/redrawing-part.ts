/** A part of an outline is drawn anew: from one of its points, over new ones, to another of its points. */
import { withReplacedPart } from "../../geometry/contour";
import type { Figure, Handle, Point } from "../../shapes/kind";
import { commitFigures } from "../commit";
import { clampPoint, refusal } from "../rules";
import type { KeyInput, ToolContext, ToolEvent } from "../state";
import { type Home, Step } from "./gesture";

/** CSS pixels between points that are set while Shift is held and the cursor moves. */
const SLIDE_STEP = 12;

export class RedrawingPart extends Step {
  override readonly name = "redrawing";
  private readonly figure: Figure | undefined;
  private drawn: number[] = [];
  private cursor: Point;

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
    const last = this.drawn.length > 0 ? this.drawn.slice(-2) : [this.from.x, this.from.y];
    const distance = Math.hypot(this.cursor[0] - (last[0] as number), this.cursor[1] - (last[1] as number));
    if (event.shift && this.drawn.length > 0 && distance * this.context.stage.viewport.scale.peek() > SLIDE_STEP) {
      this.drawn.push(...this.cursor);
    }
    this.show();
  }

  override pointerDown(event: ToolEvent): void {
    const hit = this.context.stage.handleAt(event.point);
    if (hit && hit.id === this.id && hit.handle.kind === "vertex" && hit.handle.index !== this.from.index) {
      this.finish(hit.handle.index);
      return;
    }
    this.drawn.push(...clampPoint(event.point, this.context.stage.pictureSize()));
    this.show();
  }

  override secondary(): boolean {
    this.drawn = this.drawn.slice(0, -2);
    this.show();
    return true;
  }

  override key(event: KeyInput): boolean {
    if (event.key === "Backspace") return this.secondary();
    return event.key !== "Escape";
  }

  override cancel(): boolean {
    this.home.idle();
    return true;
  }

  override frameChanged(): void {
    this.cancel();
  }

  private finish(to: number): void {
    const { figure, from, drawn } = this;
    const { editor } = this.context;
    this.home.idle();
    if (!figure) return;
    const points = withReplacedPart(figure.points, figure.type === "polygon", from.index, to, drawn);
    const result = { ...figure, points };
    const reason = refusal(result);
    if (reason) editor.toast("warning", reason);
    else commitFigures(editor, "Redraw part of", new Map([[this.id, result]]));
  }

  private show(): void {
    const { cursor, from, drawn } = this;
    const { editor, stage } = this.context;
    const state = stage.stateOf(this.id);
    const color = (state && editor.labelOf(state.label)?.color) || "#808080";
    const points = [from.x, from.y, ...drawn, ...cursor];
    stage.setPreview({ draft: { type: "polyline", color, points, fixed: points.length / 2 - 1 } });
  }
}
