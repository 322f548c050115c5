/** Dragging moves the picture, also where objects are; nothing is selected or changed. */
import { Panning } from "./panning";
import { State, type ToolEvent } from "./state";

export class MovingPicture extends State {
  override readonly name = "pan";

  override enter(): void {
    this.context.stage.setCursor("grab");
  }

  override exit(): void {
    super.exit();
    this.context.stage.setCursor("default");
  }

  override pointerDown(event: ToolEvent): void {
    if (event.clicks === 2) {
      this.context.stage.fit();
      return;
    }
    this.go(
      new Panning(this.context, event, () => {
        this.go(null);
        this.context.stage.setCursor("grab");
      }),
    );
  }

  override cancel(): boolean {
    if (super.cancel()) return true;
    this.context.editor.tool.value = "select";
    return true;
  }
}
