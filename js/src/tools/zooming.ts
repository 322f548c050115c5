/** Drag a box: the view shows what is in it. A click zooms in where it is. */
import { boxOfPoints } from "../shapes/kind";
import { Banding } from "./banding";
import { movedFar, type ToolEvent } from "./state";

const CLICK_FACTOR = 2;

export class Zooming extends Banding {
  override readonly name = "zoom";
  protected override readonly cursor = "zoom-in";

  protected override banded(start: ToolEvent, { point, screen }: ToolEvent): void {
    const { editor, stage } = this.context;
    if (movedFar(start.screen, screen)) stage.viewport.show(boxOfPoints([...start.point, ...point]), 0);
    else stage.viewport.zoomAt(CLICK_FACTOR, ...screen);
    editor.tool.value = "select";
  }
}
