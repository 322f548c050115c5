/** The selection tool: choose, move, resize, turn and reshape objects. */
import { State } from "../state";
import { Idle } from "./idle";

export class SelectTool extends State {
  override readonly name = "select";

  override enter(): void {
    this.idle();
  }

  override exit(): void {
    super.exit();
    this.context.stage.setPreview(null);
    this.context.editor.hovered.value = null;
  }

  /** The gesture is over. */
  idle(): void {
    this.go(new Idle(this.context, this));
  }

  override frameChanged(): void {
    // What was under the cursor is another object now, or none.
    this.context.editor.hovered.value = null;
    super.frameChanged();
  }
}
