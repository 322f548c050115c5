/** A rubber band: objects that lie wholly inside are added to the selection. */
import { boxOfPoints } from "../../shapes/kind";
import type { ToolContext, ToolEvent } from "../state";
import { Gesture, type Home } from "./gesture";

export class Banding extends Gesture {
  override readonly name = "banding";

  constructor(
    context: ToolContext,
    home: Home,
    private readonly start: ToolEvent,
  ) {
    super(context, home);
  }

  override pointerMove({ point }: ToolEvent): void {
    this.context.stage.setPreview({ band: [...this.start.point, ...point] });
  }

  override pointerUp({ point }: ToolEvent): void {
    const { editor, stage } = this.context;
    const inside = stage.pickIn(boxOfPoints([...this.start.point, ...point]));
    editor.selection.value = [...new Set([...editor.selection.value, ...inside])];
    this.home.idle();
  }
}
