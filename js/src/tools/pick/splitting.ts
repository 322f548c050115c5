/** Click a track, and it becomes two: before this frame and from it on. */
import { splitTrack } from "../../document/operations";
import { carryOut } from "../carry-out";
import { State, type ToolEvent } from "../state";

export class Splitting extends State {
  override readonly name = "split";

  override enter(): void {
    const { editor, stage } = this.context;
    stage.setCursor("crosshair");
    editor.announce("Split: click the track that ends here");
    const [state, ...others] = editor.selected.peek();
    // Who has chosen the track already need not click it.
    if (state?.kind === "track" && others.length === 0) this.split(state.id);
  }

  override pointerMove({ point }: ToolEvent): void {
    this.context.editor.hovered.value = this.trackAt(point);
  }

  override pointerDown({ point }: ToolEvent): void {
    const id = this.trackAt(point);
    if (id !== null) this.split(id);
  }

  override cancel(): boolean {
    this.context.editor.tool.value = "select";
    return true;
  }

  private trackAt(point: ToolEvent["point"]): number | null {
    const { stage } = this.context;
    return stage.pickAt(point).find((id) => stage.stateOf(id)?.kind === "track") ?? null;
  }

  private split(id: number): void {
    const { editor } = this.context;
    const frame = editor.frame.peek();
    const state = editor.document.stateOf(id, frame);
    const name = state ? editor.nameOf(state) : `track ${id}`;
    carryOut(editor, `Split ${name} at frame ${frame}`, splitTrack(editor.document, id, frame));
    editor.tool.value = "select";
  }
}
