/** A line across a polygon or mask cuts it in two. The kernel does the cutting. */
import type { Point } from "../../shapes/kind";
import { messageOf } from "../../words";
import { type KeyInput, State, type ToolEvent } from "../state";

export class Slicing extends State {
  override readonly name = "slice";
  private target: number | null = null;
  private points: number[] = [];
  private cursor: Point | null = null;

  override enter(): void {
    const { editor, stage } = this.context;
    stage.setCursor("crosshair");
    const [state, ...others] = editor.selected.peek();
    if (state && others.length === 0 && (state.type === "polygon" || state.type === "mask")) this.target = state.id;
    editor.announce(this.target === null ? "Slice: click a polygon or mask" : "Slice: click points of a line across it");
  }

  override exit(): void {
    super.exit();
    this.context.stage.setPreview(null);
  }

  override pointerMove({ point }: ToolEvent): void {
    this.cursor = point;
    if (this.target === null) this.context.editor.hovered.value = this.sliceableAt(point);
    this.show();
  }

  override pointerDown({ point, clicks }: ToolEvent): void {
    const { editor } = this.context;
    if (this.target === null) {
      this.target = this.sliceableAt(point);
      if (this.target !== null) editor.selection.value = [this.target];
      return;
    }
    if (clicks === 2 && this.points.length >= 4) {
      this.complete();
      return;
    }
    this.points.push(...point);
    this.show();
  }

  override secondary(): boolean {
    this.points = this.points.slice(0, -2);
    this.show();
    return true;
  }

  override key(event: KeyInput): boolean {
    if (event.key === "Backspace") return this.secondary();
    return event.key === "Enter" && this.complete();
  }

  override cancel(): boolean {
    this.context.editor.tool.value = "select";
    return true;
  }

  override complete(): boolean {
    const { editor } = this.context;
    if (this.target === null || this.points.length < 4) {
      editor.toast("info", "Slice: click at least two points of a line across the object.");
      return true;
    }
    const request = { id: this.target, frame: editor.frame.peek(), line: this.points };
    editor.tool.value = "select";
    editor.link
      .call<{ ids?: readonly number[] }>("operations.slice", request)
      .then(({ result }) => {
        if (result?.ids) editor.selection.value = result.ids;
        editor.announce("Sliced in two");
      })
      .catch((error: unknown) => editor.toast("warning", messageOf(error)));
    return true;
  }

  private sliceableAt(point: Point): number | null {
    const { stage } = this.context;
    return stage.pickAt(point).find((id) => ["polygon", "mask"].includes(stage.stateOf(id)?.type ?? "")) ?? null;
  }

  private show(): void {
    const { points, cursor } = this;
    const all = cursor && points.length > 0 ? [...points, ...cursor] : points;
    this.context.stage.setPreview({
      crosshair: cursor,
      draft: points.length > 0 ? { type: "polyline", color: "#ff4d4f", points: all, fixed: points.length / 2 } : null,
    });
  }
}
