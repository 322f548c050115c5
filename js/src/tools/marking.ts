/** Open an issue: a click marks a point, a drag a region. */
import { reviewOf } from "../review/model";
import { regionOf } from "../review/places";
import { clampPoint } from "./rules";
import { movedFar, State, type ToolEvent } from "./state";

export class Marking extends State {
  override readonly name = "issue";
  private start: ToolEvent | null = null;

  override enter(): void {
    this.context.stage.setCursor("crosshair");
    this.context.editor.selection.value = [];
  }

  override exit(): void {
    super.exit();
    this.context.stage.setPreview(null);
    this.context.stage.setCursor("default");
  }

  override pointerDown(event: ToolEvent): void {
    this.start = event;
  }

  override pointerMove({ point }: ToolEvent): void {
    if (this.start) this.context.stage.setPreview({ band: [...this.start.point, ...point] });
  }

  override pointerUp({ point, screen }: ToolEvent): void {
    const { start } = this;
    this.start = null;
    if (!start) return;
    const { editor, stage } = this.context;
    const size = stage.pictureSize();
    const far = movedFar(start.screen, screen);
    const position = far ? regionOf(start.point, point, size) : clampPoint(start.point, size);
    stage.setPreview(null);
    if (!stage.upToDate || !position) return;
    reviewOf(editor).begin(position);
    editor.tool.value = "select";
  }

  override frameChanged(): void {
    this.start = null;
    this.context.stage.setPreview(null);
  }

  override cancel(): boolean {
    this.context.editor.tool.value = "select";
    return true;
  }
}
