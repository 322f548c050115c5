/**
 * Masks: a brush, an eraser, and polygons that add or take away. What is drawn is a bitmap until it is finished; then it is one
 * change of the document, together with what it takes from the masks below.
 */
import { effect, untracked } from "@preact/signals";
import type { ObjectState } from "../../document/records";
import { decodeMask, isEmptyBitmap, sameBitmap } from "../../geometry/bitmap";
import { EMPTY_EDGES, type Figure, type Point } from "../../shapes/kind";
import { drawingRefusal } from "../commit";
import { Drawing } from "../draw/drawing";
import type { KeyInput, ToolEvent, WheelInput } from "../state";
import { commitMask, commitNewMask } from "./commit";
import { adds, isPolygonTool, type MaskOptions } from "./options";
import { MaskSession } from "./session";

/** A click so near to the first point closes a polygon, in CSS pixels; as the polygon tool does it. */
const CLOSE_REACH = 8;
const OPACITY = 0.55;
/** Shown in place of the mask that is being changed. */
const NOTHING: Figure = { type: "mask", points: [1, 0, 0, 0, 0], rotation: 0, edges: EMPTY_EDGES };

export class DrawMask extends Drawing {
  override readonly name = "mask";
  private session = new MaskSession([1, 1]);
  /** The object as it looked when its mask was opened. */
  private target: ObjectState | null = null;
  private standIn: ReadonlyMap<number, Figure> | null = null;
  /** Points of the polygon that is being drawn. */
  private points: readonly number[] = [];
  private stop: () => void = () => undefined;

  override get path(): string {
    const step = this.session.stroking ? "stroke" : this.points.length > 0 ? "polygon" : "idle";
    return `mask.${step}`;
  }

  override enter(): void {
    const { editor, stage } = this.context;
    const id = editor.masks.target.peek();
    this.target =
      id === null ? null : (editor.objects.peek().find((state) => state.id === id && state.type === "mask") ?? null);
    if (this.target) {
      stage.setCursor("crosshair");
      editor.selection.value = [];
      editor.hovered.value = null;
      this.standIn = new Map([[this.target.id, NOTHING]]);
    } else {
      editor.masks.target.value = null;
      super.enter();
    }
    this.begin();
    const { tool, brush, hidden } = this.options;
    this.stop = effect(() => {
      tool.value;
      brush.value;
      hidden.value;
      editor.activeLabel.value;
      untracked(() => this.optionsChanged());
    });
  }

  override exit(): void {
    this.stop();
    super.exit();
    this.options.reset();
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = event.point;
    const { tool } = this.options;
    if (isPolygonTool(tool.peek())) this.addPoint(event);
    else this.session.begin(event.point, this.options.brush.peek(), this.value);
    this.show();
  }

  override pointerMove(event: ToolEvent): void {
    this.cursor = event.point;
    if (this.session.stroking) this.session.move(event.point, this.options.brush.peek(), this.value);
    this.show();
  }

  override pointerUp(): void {
    if (!this.session.stroking) return;
    this.session.end();
    this.changed();
  }

  override pointerLeave(): void {
    this.pointerUp();
    super.pointerLeave();
  }

  /** The right button, or a second finger: what is under way was not meant. */
  override secondary(): boolean {
    if (this.session.stroking) {
      this.session.revert();
      this.changed();
      return true;
    }
    if (this.points.length === 0) return false;
    this.points = this.points.slice(0, -2);
    this.show();
    return true;
  }

  override wheel(delta: number, event: WheelInput): boolean {
    if (!(event.ctrlKey || event.metaKey || event.shiftKey) || delta === 0 || isPolygonTool(this.options.tool.peek()))
      return false;
    this.options.stepSize(delta < 0 ? 1 : -1);
    return true;
  }

  override key(event: KeyInput): boolean {
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === "z" && !event.shiftKey) return this.takeBack();
      if (key === "y" || key === "z") return this.doAgain();
      return false;
    }
    if (event.altKey) return false;
    if (key === "backspace") return this.takeBack();
    if (key === "n" && event.shiftKey) {
      this.options.continues = true;
      return this.complete();
    }
    if (key === "h") {
      this.options.hidden.value = !this.options.hidden.peek();
      return true;
    }
    return false;
  }

  /** Drops the stroke or the polygon under way; without any, leaves without a mask. */
  override cancel(): boolean {
    if (this.session.stroking) this.session.revert();
    else if (this.points.length > 0) this.points = [];
    else return super.cancel();
    this.changed();
    return true;
  }

  override complete(): boolean {
    const { editor } = this.context;
    const { continues } = this.options;
    this.options.continues = false;
    this.session.end();
    if (this.points.length >= 6) this.closePolygon();
    const bitmap = this.session.bitmap.read();
    const empty = isEmptyBitmap(bitmap);
    if (this.target) {
      const { target } = this;
      if (!sameBitmap(bitmap, this.session.original ?? bitmap)) commitMask(editor, target, bitmap);
      this.leave(empty ? null : target.id, continues);
      return true;
    }
    if (empty) {
      if (this.session.touched) editor.toast("warning", "The mask is empty: there is nothing to save.");
      else super.cancel();
      return true;
    }
    const reason = drawingRefusal(editor, "mask");
    if (reason) {
      editor.toast("warning", reason);
      return true;
    }
    this.leave(commitNewMask(editor, bitmap), continues);
    return true;
  }

  /** A new mask goes to the frame on which it is finished, a changed one belongs to its own. */
  override frameChanged(): void {
    if (this.target && this.target.frame !== this.context.editor.frame.peek()) {
      this.complete();
      return;
    }
    this.session.resize(this.context.stage.pictureSize());
    this.changed();
  }

  protected override removeLast(): boolean {
    return this.takeBack();
  }

  protected override show(): void {
    const { options, cursor, points } = this;
    const tool = options.tool.peek();
    const polygon = isPolygonTool(tool);
    const color = this.color;
    const all = cursor ? [...points, ...this.inside(cursor)] : points;
    this.context.stage.setPreview({
      ...(this.standIn ? { figures: this.standIn } : {}),
      bitmap: {
        source: this.session.bitmap,
        color,
        opacity: options.hidden.peek() ? 0 : OPACITY,
        brush: cursor && !polygon ? { at: cursor, ...options.brush.peek(), erases: tool === "eraser" } : null,
      },
      crosshair: polygon && cursor ? this.inside(cursor) : null,
      draft: points.length > 0 ? { type: "polygon", color, points: all, fixed: points.length / 2 } : null,
    });
  }

  protected override get color(): string {
    const { target } = this;
    if (!target) return super.color;
    return this.context.editor.labelOf(target.label)?.color || super.color;
  }

  private get options(): MaskOptions {
    return this.context.editor.masks;
  }

  private get value(): 0 | 1 {
    return adds(this.options.tool.peek()) ? 1 : 0;
  }

  private begin(): void {
    this.points = [];
    this.session = new MaskSession(this.context.stage.pictureSize(), this.target ? decodeMask(this.target.points) : null);
    this.changed();
  }

  private leave(id: number | null, continues: boolean): void {
    const { editor } = this.context;
    if (continues) {
      this.target = null;
      this.standIn = null;
      this.options.target.value = null;
      this.begin();
      return;
    }
    editor.tool.value = "select";
    if (id !== null) editor.selection.value = [id];
  }

  /** Another tool or brush ends what is under way. */
  private optionsChanged(): void {
    this.pointerUp();
    if (!isPolygonTool(this.options.tool.peek())) this.points = [];
    this.show();
  }

  /** The bitmap has changed for good. */
  private changed(): void {
    const { options } = this;
    options.empty.value = this.session.bitmap.isEmpty();
    options.useWhatFits();
    this.show();
  }

  private addPoint(event: ToolEvent): void {
    const point = this.inside(event.point);
    // The first press of a double click has set its point already.
    if (this.points.length >= 6 && (event.clicks === 2 || this.isNearFirst(point))) {
      this.closePolygon();
      return;
    }
    if (event.clicks === 2 && this.points.length > 0) return;
    this.points = [...this.points, ...point];
  }

  private isNearFirst([x, y]: Point): boolean {
    const distance = Math.hypot(x - (this.points[0] as number), y - (this.points[1] as number));
    return distance * this.context.stage.viewport.scale.peek() <= CLOSE_REACH;
  }

  private closePolygon(): void {
    this.session.polygon(this.points, this.value);
    this.points = [];
    this.changed();
  }

  private takeBack(): boolean {
    if (this.session.stroking) return true;
    if (this.points.length > 0) return this.secondary();
    if (this.session.undo()) this.changed();
    // Under a mask that is being drawn nothing else may change.
    else return this.session.touched || this.target !== null;
    return true;
  }

  private doAgain(): boolean {
    if (this.session.redo()) {
      this.changed();
      return true;
    }
    return this.session.touched || this.target !== null;
  }
}
