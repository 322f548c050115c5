/** Shapes by two clicks, or by a drag, between opposite corners of their box. */
import { figureInBox } from "../../shapes/boxes";
import { kindOf } from "../../shapes/index";
import type { Figure, Point } from "../../shapes/kind";
import { movedFar, type ToolContext, type ToolEvent } from "../state";
import { Drawing } from "./drawing";

export type BoxedType = "rectangle" | "ellipse" | "cuboid" | "skeleton";

export class DrawBox extends Drawing {
  private anchor: Point | null = null;
  private pressedAt: Point | null = null;

  constructor(
    context: ToolContext,
    override readonly name: BoxedType,
  ) {
    super(context);
  }

  override get path(): string {
    return `${this.name}.${this.anchor ? "drawing" : "idle"}`;
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = this.place(event);
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
    this.cursor = this.place(event);
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
    const figure = anchor && this.boxed(anchor, cursor ?? anchor);
    this.context.stage.setPreview({
      crosshair: cursor,
      draft: figure && { type: this.name, color: this.color, points: figure.points, fixed: 0, figure },
      readout: figure && cursor ? { at: cursor, text: kindOf(this.name).measure(figure) } : null,
    });
  }

  private boxed(from: Point, to: Point): Figure {
    const { editor } = this.context;
    return figureInBox(this.name, editor.labelOf(editor.activeLabel.value), from, to);
  }

  private close(): void {
    const figure = this.boxed(this.anchor as Point, this.cursor as Point);
    this.anchor = null;
    this.pressedAt = null;
    if (!this.finishFigure(figure)) this.show();
  }
}
