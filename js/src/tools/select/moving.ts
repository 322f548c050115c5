/** Objects follow the cursor. */
import { kindOf } from "../../shapes/index";
import type { Figure, Point } from "../../shapes/kind";
import { commitFigures } from "../commit";
import { fitToPicture, limitShift } from "../rules";
import type { ToolContext, ToolEvent } from "../state";
import { Gesture, type Home } from "./gesture";

/** The figures of objects, shifted as far as the picture allows. */
export function shifted(figures: ReadonlyMap<number, Figure>, shift: Point, context: ToolContext): Map<number, Figure> {
  const size = context.stage.pictureSize();
  const [dx, dy] = limitShift(figures.values(), shift, size);
  const result = new Map<number, Figure>();
  for (const [id, figure] of figures) result.set(id, fitToPicture(kindOf(figure.type).move(figure, dx, dy), size));
  return result;
}

export function figuresOf(ids: readonly number[], context: ToolContext): Map<number, Figure> {
  const figures = new Map<number, Figure>();
  for (const id of ids) {
    const figure = context.stage.figureOf(id);
    if (figure) figures.set(id, figure);
  }
  return figures;
}

export class Moving extends Gesture {
  override readonly name = "moving";
  private readonly figures: ReadonlyMap<number, Figure>;
  private moved: ReadonlyMap<number, Figure> = new Map();

  constructor(
    context: ToolContext,
    home: Home,
    ids: readonly number[],
    private readonly start: ToolEvent,
  ) {
    super(context, home);
    this.figures = figuresOf(ids, context);
  }

  override enter(): void {
    this.context.stage.setCursor("grabbing");
  }

  override pointerMove({ point }: ToolEvent): void {
    this.moved = shifted(this.figures, [point[0] - this.start.point[0], point[1] - this.start.point[1]], this.context);
    this.context.stage.setPreview({ figures: this.moved });
  }

  override pointerUp(): void {
    if (this.moved.size > 0) commitFigures(this.context.editor, "Move", this.moved);
    this.home.idle();
  }
}
