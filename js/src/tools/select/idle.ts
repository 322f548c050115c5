/** Nothing is pressed: show what a press would do. */
import { withSecondBundle } from "../../second-bundle";
import type { Handle } from "../../shapes/kind";
import { nearestEdge } from "../../shapes/vertices";
import { editMask } from "../mask/open";
import { Panning } from "../panning";
import { deletePoint } from "../points";
import type { KeyInput, State, ToolEvent } from "../state";
import { Banding } from "./banding";
import { Step } from "./gesture";
import { isNudge, Nudging } from "./nudging";
import { Pointing } from "./pointing";
import { Reshaping } from "./reshaping";

/** CSS pixels from an edge within which a double click inserts a point. */
const EDGE_REACH = 8;
const RESIZE_CURSORS = ["nwse-resize", "ns-resize", "nesw-resize", "ew-resize"] as const;

export class Idle extends Step {
  override readonly name = "idle";

  override enter(): void {
    this.context.stage.setCursor("default");
  }

  override pointerMove(event: ToolEvent): void {
    const { stage, editor } = this.context;
    const hit = stage.handleAt(event.point);
    stage.setPreview(hit ? { handle: hit.handle } : null);
    const [id] = stage.pickAt(event.point);
    editor.hovered.value = id ?? hit?.id ?? null;
    stage.setCursor(hit ? this.cursorOf(hit.id, hit.handle, event) : id === undefined ? "default" : "move");
  }

  override pointerLeave(): void {
    this.context.editor.hovered.value = null;
    this.context.stage.setPreview(null);
  }

  override pointerDown(event: ToolEvent): void {
    const step = this.stepFor(event);
    if (step) this.home.go(step);
  }

  override key(event: KeyInput): boolean {
    const { editor } = this.context;
    if (!isNudge(event)) return false;
    const movable = editor.selected.value.filter(
      ({ id, type }) => type !== "tag" && !editor.isLocked(id) && !editor.pinned.value.has(id),
    );
    if (movable.length === 0 || editor.info.readOnly || !this.context.stage.upToDate) return false;
    const step = new Nudging(
      this.context,
      this.home,
      movable.map(({ id }) => id),
    );
    this.home.go(step);
    return step.key(event);
  }

  /** What a press begins; null if it is done at once. */
  private stepFor(event: ToolEvent): State | null {
    const { stage } = this.context;
    const { home, context } = this;
    if (!stage.upToDate) return this.pan(event);
    const hit = stage.handleAt(event.point);
    if (hit && event.alt && hit.handle.kind === "vertex") {
      deletePoint(context, hit.id, hit.handle.index);
      return null;
    }
    if (hit && event.shift && hit.handle.kind === "vertex" && this.isOutline(hit.id)) {
      withSecondBundle(context.editor, "Drawing a part anew", ({ RedrawingPart }) =>
        home.go(new RedrawingPart(context, home, hit.id, hit.handle)),
      );
      return null;
    }
    if (hit) return new Reshaping(context, home, hit.id, hit.handle, event);
    const edge = event.clicks === 2 ? this.edgeAt(event) : null;
    if (edge) return new Reshaping(context, home, edge.id, edge.handle, event);
    const hits = stage.pickAt(event.point);
    if (event.clicks === 2 && this.opensMask(hits)) return null;
    if (hits.length > 0) return new Pointing(context, home, hits, event);
    if (event.shift) return new Banding(context, home, event);
    if (event.clicks === 2) {
      stage.fit();
      return null;
    }
    return this.pan(event);
  }

  /** A double click on the selected mask opens it for changes. */
  private opensMask(hits: readonly number[]): boolean {
    const { editor, stage } = this.context;
    const [id] = editor.selection.value;
    const state = id !== undefined && hits.includes(id) ? stage.stateOf(id) : undefined;
    return state !== undefined && editMask(editor, state);
  }

  private isOutline(id: number): boolean {
    const type = this.context.stage.figureOf(id)?.type;
    return type === "polygon" || type === "polyline";
  }

  /** A drag on nothing shifts the view, a click chooses nothing. */
  private pan(event: ToolEvent): State {
    return new Panning(this.context, event, (moved) => {
      if (!moved && !event.ctrl && this.context.stage.upToDate) this.context.editor.selection.value = [];
      this.home.idle();
    });
  }

  /** Where a double click on an edge of the selected shape inserts a point, ready to be dragged. */
  private edgeAt(event: ToolEvent): { readonly id: number; readonly handle: Handle } | null {
    const { stage, editor } = this.context;
    const [id, ...others] = editor.selection.value;
    if (id === undefined || others.length > 0 || editor.isLocked(id) || editor.info.readOnly) return null;
    const figure = stage.figureOf(id);
    if (!figure || (figure.type !== "polygon" && figure.type !== "polyline")) return null;
    const edge = nearestEdge(figure.points, figure.type === "polygon", ...event.point);
    if (!edge || edge.distance > EDGE_REACH / stage.viewport.scale.value) return null;
    return { id, handle: { kind: "edge", index: edge.index, x: edge.at[0], y: edge.at[1] } };
  }

  private cursorOf(id: number, handle: Handle, event: ToolEvent): string {
    if (handle.kind === "rotate") return "grab";
    if (handle.kind === "edge") return "copy";
    if (handle.kind === "vertex") return event.alt ? "pointer" : "crosshair";
    if (handle.kind === "face") return "move";
    const { turn } = this.context.stage.viewport;
    if (this.context.stage.figureOf(id)?.type === "cuboid") {
      return handle.kind === "side" ? (turn.value % 2 === 1 ? "ns-resize" : "ew-resize") : "crosshair";
    }
    // Of a turned box the arrow turns too: every 45 degrees are one step.
    const steps = Math.round((this.context.stage.figureOf(id)?.rotation ?? 0) / 45);
    return RESIZE_CURSORS[(handle.index + steps + 2 * turn.value) % 4] ?? "default";
  }
}
