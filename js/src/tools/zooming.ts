/** Drag a box: the view shows what is in it. A click zooms in where it is. */
import { boxOfPoints } from "../shapes/kind";
import { movedFar, State, type ToolEvent } from "./state";

const CLICK_FACTOR = 2;

export class Zooming extends State {
  override readonly name = "zoom";
  private start: ToolEvent | null = null;

  override enter(): void {
    this.context.stage.setCursor("zoom-in");
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
    if (!start) return;
    const { editor, stage } = this.context;
    if (movedFar(start.screen, screen)) stage.viewport.show(boxOfPoints([...start.point, ...point]), 0);
    else stage.viewport.zoomAt(CLICK_FACTOR, ...screen);
    editor.tool.value = "select";
  }

  override cancel(): boolean {
    this.context.editor.tool.value = "select";
    return true;
  }
}
