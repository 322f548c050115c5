/** Tools for which a box is dragged on the picture, and which end with it. */
import { State, type ToolEvent } from "./state";

export abstract class Banding extends State {
  protected abstract readonly cursor: string;
  private start: ToolEvent | null = null;

  /** What becomes of the box, or of a click if both ends are one. */
  protected abstract banded(start: ToolEvent, end: ToolEvent): void;

  override enter(): void {
    this.context.stage.setCursor(this.cursor);
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

  override pointerUp(event: ToolEvent): void {
    const { start } = this;
    this.start = null;
    this.context.stage.setPreview(null);
    if (start) this.banded(start, event);
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
