/** What the drawing tools share: crosshair, checks, and the way back to the selection tool. */
import type { ShapeType } from "../../document/records";
import type { ToolName } from "../../editor";
import { EMPTY_EDGES, type Figure, type Point } from "../../shapes/kind";
import { commitDrawing, drawingRefusal } from "../commit";
import { clampPoint, refusal } from "../rules";
import { type Snap, snapOf } from "../snapping";
import { type KeyInput, State, type ToolEvent } from "../state";

const DIRECTIONS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Pixels of the picture that the crosshair moves by a key; with Shift, and with Alt one. */
const STEP = 10;
const LARGE_STEP = 50;

export abstract class Drawing extends State {
  abstract override readonly name: ToolName;
  protected cursor: Point | null = null;
  /** What the cursor snaps to at present. */
  protected snap: Snap | null = null;

  override enter(): void {
    const { editor, stage } = this.context;
    stage.setCursor("crosshair");
    editor.selection.value = [];
    editor.hovered.value = null;
    const reason = drawingRefusal(editor, this.drawn);
    if (reason) {
      editor.toast("warning", reason);
      editor.tool.value = "select";
    }
  }

  override exit(): void {
    super.exit();
    this.context.editor.redrawing.value = null;
    this.context.stage.setPreview(null);
  }

  override pointerMove(event: ToolEvent): void {
    this.cursor = this.place(event);
    this.show();
  }

  override pointerLeave(): void {
    this.cursor = null;
    this.show();
  }

  override key(event: KeyInput): boolean {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey) return this.removeLast();
    if (event.key === "Backspace") return this.removeLast();
    return this.cursorKey(event);
  }

  /** Arrow keys move the crosshair, the space bar sets a point: whatever the mouse can draw, keys can draw, too. */
  private cursorKey(event: KeyInput): boolean {
    const { stage } = this.context;
    const direction = DIRECTIONS[event.key];
    if (event.ctrlKey || event.metaKey) return false;
    if (direction) {
      const step = event.shiftKey ? LARGE_STEP : event.altKey ? 1 : STEP;
      const [width, height] = stage.pictureSize();
      const [x, y] = this.cursor ?? [width / 2, height / 2];
      this.cursor = this.inside([Math.round(x + direction[0] * step), Math.round(y + direction[1] * step)]);
      this.context.editor.announce(`${this.cursor[0]}, ${this.cursor[1]}`);
      this.show();
      return true;
    }
    if (event.key !== " " || !this.cursor) return false;
    const [x, y] = this.cursor;
    this.pointerDown({
      point: [x, y],
      screen: stage.viewport.toScreen(x, y),
      clicks: 1,
      shift: false,
      ctrl: true,
      alt: false,
    });
    return true;
  }

  override secondary(): boolean {
    return this.removeLast();
  }

  /** Leave without a shape. */
  override cancel(): boolean {
    this.context.editor.tool.value = "select";
    return true;
  }

  override frameChanged(): void {
    // The picture may have another size; the points stay, and the shape goes to the frame on which it is finished.
    this.show();
  }

  /** Take back the last point; true if there was one. */
  protected abstract removeLast(): boolean;

  /** Show what there is so far. */
  protected abstract show(): void;

  protected inside(point: Point): Point {
    return clampPoint(point, this.context.stage.pictureSize());
  }

  /** Where a press sets its point: on another shape if that is near and wished for (Ctrl: not now), else inside the picture. */
  protected place(event: ToolEvent): Point {
    const { editor, stage } = this.context;
    this.snap = event.ctrl ? null : snapOf(editor, stage, event.point);
    return this.snap ? this.inside(this.snap.at) : this.free(event.point);
  }

  /** Where a point goes that does not snap. */
  protected free(point: Point): Point {
    return this.inside(point);
  }

  /** What is drawn: most of these tools are named after it. */
  protected get drawn(): ShapeType {
    return this.name as ShapeType;
  }

  protected get color(): string {
    const { editor } = this.context;
    return editor.labelOf(editor.activeLabel.value)?.color || "#808080";
  }

  protected figure(points: readonly number[]): Figure {
    const size = this.context.stage.pictureSize();
    const inside: number[] = [];
    for (let i = 0; i + 1 < points.length; i += 2) {
      inside.push(...clampPoint([points[i] as number, points[i + 1] as number], size));
    }
    return { type: this.drawn, points: inside, rotation: 0, edges: EMPTY_EDGES };
  }

  /** Add the shape and select it; false if it is refused. */
  protected finish(points: readonly number[]): boolean {
    return this.finishFigure(this.figure(points));
  }

  protected finishFigure(figure: Figure): boolean {
    const { editor } = this.context;
    const reason = refusal(figure) ?? drawingRefusal(editor, this.drawn);
    if (reason) {
      editor.toast("warning", reason);
      return false;
    }
    const id = commitDrawing(editor, figure);
    editor.tool.value = "select";
    if (id !== null) editor.selection.value = [id];
    return true;
  }
}
