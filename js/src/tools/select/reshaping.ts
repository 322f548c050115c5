/** A handle of the selected object follows the cursor: resize, turn, move or insert a point. */
import { kindOf } from "../../shapes/index";
import type { Figure, Handle, Point } from "../../shapes/kind";
import { commitFigures } from "../commit";
import { clampHandle, refusal } from "../rules";
import { movedFar, type ToolContext, type ToolEvent } from "../state";
import { Gesture, type Home } from "./gesture";

const VERBS: Readonly<Record<Handle["kind"], string>> = {
  corner: "Resize",
  side: "Resize",
  rotate: "Rotate",
  face: "Move face of",
  vertex: "Move point of",
  edge: "Add point to",
};

export class Reshaping extends Gesture {
  override readonly name = "reshaping";
  private readonly figure: Figure | undefined;
  /** From the cursor to the middle of the handle, so that nothing jumps at the first move. */
  private readonly offset: Point;
  private result: Figure | null = null;

  constructor(
    context: ToolContext,
    home: Home,
    private readonly id: number,
    private readonly handle: Handle,
    private readonly start: ToolEvent,
  ) {
    super(context, home);
    this.figure = context.stage.figureOf(id);
    this.offset = [handle.x - start.point[0], handle.y - start.point[1]];
  }

  override enter(): void {
    const { stage } = this.context;
    if (this.handle.kind === "rotate") stage.setCursor("grabbing");
    // A double click on an edge inserts its point without a drag.
    if (this.handle.kind === "edge" && this.start.clicks === 2) this.drag(this.start);
    else stage.setPreview({ handle: this.handle });
  }

  override pointerMove(event: ToolEvent): void {
    if (this.result || movedFar(event.screen, this.start.screen)) this.drag(event);
  }

  override pointerUp(): void {
    const { editor } = this.context;
    const { result } = this;
    this.home.idle();
    if (!result) return;
    const reason = refusal(result);
    if (reason) editor.toast("warning", reason);
    else commitFigures(editor, VERBS[this.handle.kind], new Map([[this.id, result]]));
  }

  private drag(event: ToolEvent): void {
    const { figure, handle, offset } = this;
    const { stage } = this.context;
    if (!figure) return;
    const kind = kindOf(figure.type);
    const wanted: Point = [event.point[0] + offset[0], event.point[1] + offset[1]];
    const to = handle.kind === "rotate" ? wanted : clampHandle(figure, wanted, stage.pictureSize());
    this.result = kind.drag(figure, handle, to, { constrain: event.shift });
    const isBox = handle.kind === "corner" || handle.kind === "side";
    const text = handle.kind === "rotate" ? `${this.result.rotation.toFixed(1)}°` : isBox ? kind.measure(this.result) : "";
    stage.setPreview({
      figures: new Map([[this.id, this.result]]),
      handle: handle.kind === "edge" ? { ...handle, kind: "vertex", index: handle.index + 1 } : handle,
      readout: text ? { at: event.point, text } : null,
    });
  }
}
