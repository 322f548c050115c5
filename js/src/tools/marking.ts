/** Open an issue: a click marks a point, a drag a region. */
import { reviewOf } from "../review/model";
import { regionOf } from "../review/places";
import { Banding } from "./banding";
import { clampPoint } from "./rules";
import { movedFar, type ToolEvent } from "./state";

export class Marking extends Banding {
  override readonly name = "issue";
  protected override readonly cursor = "crosshair";

  override enter(): void {
    super.enter();
    this.context.editor.selection.value = [];
  }

  protected override banded(start: ToolEvent, { point, screen }: ToolEvent): void {
    const { editor, stage } = this.context;
    const size = stage.pictureSize();
    const position = movedFar(start.screen, screen) ? regionOf(start.point, point, size) : clampPoint(start.point, size);
    if (!stage.upToDate || !position) return;
    reviewOf(editor).begin(position);
    editor.tool.value = "select";
  }
}
