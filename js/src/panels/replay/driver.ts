/** Carries out what Python asks of the canvas, one command after the other, and says how it went. */
import { actionOf, run } from "../../actions/actions";
import { keysOf } from "../../actions/bindings";
import type { Context } from "../../actions/context";
import { readable } from "../../actions/keys";
import { showObject } from "../../actions/object-link";
import type { ShapeType } from "../../document/records";
import type { DrawTool } from "../../editor";
import { kindOf } from "../../shapes/index";
import { EMPTY_EDGES, type Figure, type Point } from "../../shapes/kind";
import { commitDrawing, drawingRefusal } from "../../tools/commit";
import { refusal } from "../../tools/rules";
import { messageOf } from "../../words";
import { Hand, pause } from "./hand";

interface Slow {
  readonly id: number;
  readonly slow?: boolean;
}

export type Command =
  | (Slow & {
      readonly do: "draw";
      readonly type: DrawTool;
      readonly points: readonly number[];
      readonly label: number;
      /** Null: the one that is shown. */
      readonly frame: number | null;
      readonly track: boolean;
      readonly rotation: number;
    })
  | (Slow & { readonly do: "action"; readonly action: string })
  | (Slow & { readonly do: "select"; readonly ids: readonly number[] })
  | (Slow & { readonly do: "frame"; readonly frame: number })
  | (Slow & {
      readonly do: "object";
      readonly object: number;
      /** Null: the one that is shown, if the object is on it. */
      readonly frame: number | null;
      readonly alone: boolean;
    })
  | (Slow & { readonly do: "play"; readonly to: number | null })
  | (Slow & { readonly do: "pause" });

type Draw = Extract<Command, { do: "draw" }>;

interface Done {
  readonly id: number;
  readonly result?: number | null;
  readonly error?: string;
}

const ANSWER_MS = 5000;
const SAVED_MS = 8000;
const PICTURE_MS = 8000;
const LOOK_MS = 25;
const CAPTION_MS = 900;

export class Driver {
  readonly hand: Hand;
  private readonly view: string;
  private turn = 0;
  private working = false;
  private rung = false;
  private closed = false;

  constructor(private readonly context: Context) {
    const { editor, scene } = context;
    this.view = `${editor.link.clientId}-${Math.random().toString(36).slice(2, 8)}`;
    this.hand = new Hand(scene.host.closest<HTMLElement>(".cvw-root") ?? scene.host);
  }

  dispose(): void {
    this.closed = true;
    this.hand.leave();
  }

  /** There is something to do. */
  wake(): void {
    this.rung = true;
    if (this.working) return;
    this.working = true;
    this.work()
      .catch(() => undefined) // the connection says what is wrong with it
      .finally(() => {
        this.working = false;
        this.hand.leave();
      });
  }

  private async work(): Promise<void> {
    let done: Done | null = null;
    while (!this.closed && (this.rung || done)) {
      this.rung = false;
      const command: Command | null = await this.ask(done);
      done = command && (await this.carryOut(command));
    }
  }

  /** Say how it went and hear what is next; again, if the answer was lost. */
  private async ask(done: Done | null): Promise<Command | null> {
    const { link } = this.context.editor;
    this.turn += 1;
    const question = { view: this.view, turn: this.turn, done };
    for (;;) {
      const signal = AbortSignal.timeout(ANSWER_MS);
      try {
        const { result } = await link.call<{ command: Command | null }>("driving.next", question, { signal });
        return result.command;
      } catch (error) {
        if (this.closed || !signal.aborted) throw error;
      }
    }
  }

  private async carryOut(command: Command): Promise<Done> {
    const { editor } = this.context;
    const before = new Set(editor.toasts.peek());
    try {
      const result = await this.perform(command);
      await this.until(() => editor.document.pendingCount.peek() === 0, SAVED_MS);
      // What the canvas has to say to somebody at the screen is what Python hears.
      const complaint = editor.toasts.peek().find((toast) => !before.has(toast) && toast.level !== "info");
      return complaint ? { id: command.id, error: complaint.text } : { id: command.id, result };
    } catch (error) {
      return { id: command.id, error: messageOf(error) };
    }
  }

  private async perform(command: Command): Promise<number | null> {
    const { editor } = this.context;
    switch (command.do) {
      case "draw":
        return this.draw(command);
      case "action":
        return this.act(command.action, command.slow ?? false);
      case "select":
        if (command.slow) await this.pointAt(command.ids);
        editor.selection.value = [...command.ids];
        return null;
      case "frame":
        await this.goTo(command.frame, command.slow ?? false);
        return null;
      case "object":
        await this.showObject(command);
        return null;
      case "play":
        await this.play(command.to);
        return null;
      case "pause":
        editor.player.pause();
        return null;
    }
  }

  /** Wait for something, for a while. */
  private async until(there: () => boolean, milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds;
    while (!there()) {
      if (this.closed || performance.now() > end) return false;
      await pause(LOOK_MS);
    }
    return true;
  }

  private async goTo(frame: number, slow: boolean): Promise<void> {
    const { editor, scene } = this.context;
    if (slow && frame !== editor.frame.peek()) await this.hand.pressControl("frame-input");
    editor.player.pause();
    editor.player.seek(frame);
    const shown = (): boolean => scene.upToDate || editor.player.error.peek() !== null;
    if (!(await this.until(shown, PICTURE_MS))) throw new Error(`The picture of frame ${frame} did not come.`);
  }

  private async showObject({ object, frame, alone, slow }: Extract<Command, { do: "object" }>): Promise<void> {
    const { editor } = this.context;
    if (!showObject(editor, object, frame ?? editor.frame.peek(), alone))
      throw new Error(`There is no object ${object} that this job could show.`);
    await this.goTo(editor.frame.peek(), false);
    if (slow) await this.pointAt([object]);
  }

  private async play(to: number | null): Promise<void> {
    const { editor } = this.context;
    editor.player.play();
    if (to === null) return;
    await this.until(() => !editor.player.playing.peek() || editor.frame.peek() >= to, Number.POSITIVE_INFINITY);
    editor.player.pause();
    if (editor.frame.peek() !== to) await this.goTo(to, false);
  }

  private async act(id: string, slow: boolean): Promise<null> {
    const { editor } = this.context;
    const action = actionOf(id);
    if (slow) {
      const [key] = keysOf(action, editor.settings.peek().keys);
      this.hand.caption.value = key === undefined ? action.label : `${action.label}  ${readable(key)}`;
      if (!(await this.hand.pressControl(`action-${id}`))) await this.hand.pressControl(`tool-${id}`);
      await pause(CAPTION_MS);
      this.hand.caption.value = "";
    }
    if (run(id, this.context)) return null;
    const workspace = action.workspace;
    throw new Error(
      workspace && workspace !== editor.workspace.peek()
        ? `"${action.label}" is only there in another workspace.`
        : `"${action.label}" cannot be done now: it needs something else to be selected, or shown.`,
    );
  }

  private async pointAt(ids: readonly number[]): Promise<void> {
    const { editor, scene } = this.context;
    for (const id of ids) {
      const figure = scene.figureOf(id);
      if (!figure) continue;
      const { minX, minY, maxX, maxY } = kindOf(figure.type).bounds(figure);
      await this.hand.to(scene.toScreen((minX + maxX) / 2, (minY + maxY) / 2));
      await this.hand.press();
      editor.selection.value = [...new Set([...editor.selection.peek().filter((each) => ids.includes(each)), id])];
    }
  }

  private async draw(command: Draw): Promise<number | null> {
    const { editor, ui } = this.context;
    await this.goTo(command.frame ?? editor.frame.peek(), false);
    editor.activeLabel.value = command.label;
    editor.redrawing.value = null;
    const figure: Figure = {
      type: command.type,
      points: command.points,
      rotation: command.rotation,
      edges: EMPTY_EDGES,
    };
    const reason = drawingRefusal(editor, command.type as ShapeType) ?? refusal(figure);
    if (reason) throw new Error(reason);
    if (command.slow) await this.showDrawing(figure, command.track);
    const mode = editor.drawMode.peek();
    try {
      editor.drawMode.value = command.track ? "track" : "shape";
      const id = commitDrawing(editor, figure);
      ui.lastTool.value = command.type;
      if (id !== null) editor.selection.value = [id];
      return id;
    } finally {
      editor.drawMode.value = mode;
    }
  }

  /** Do with the hand what draws the shape; the shape itself is then made from the points that were given, to the last digit. */
  private async showDrawing(figure: Figure, track: boolean): Promise<void> {
    const { editor, scene } = this.context;
    await this.hand.pressControl(`draw-mode-${track ? "track" : "shape"}`);
    await this.hand.pressControl(`tool-${figure.type}`);
    editor.tool.value = figure.type as DrawTool;
    const color = editor.labelOf(editor.activeLabel.peek())?.color || "#808080";
    const corners = cornersOf(figure);
    try {
      for (let i = 0; i < corners.length; i++) {
        const fixed = corners.slice(0, i);
        await this.hand.to(scene.toScreen(...(corners[i] as Point)), (client) => {
          const cursor = scene.toImage(...client);
          scene.setPreview({ crosshair: cursor, draft: this.draft(figure, fixed, cursor, color) });
        });
        await this.hand.press();
      }
    } finally {
      scene.setPreview(null);
      editor.tool.value = "select";
    }
  }

  private draft(figure: Figure, fixed: readonly Point[], cursor: Point, color: string) {
    if (fixed.length === 0) return null;
    const points = [...fixed.flat(), ...cursor];
    const boxed = figure.type !== "polygon" && figure.type !== "polyline" && figure.type !== "points";
    const type: ShapeType = boxed ? "rectangle" : figure.type;
    const [x0, y0, x1, y1] = points as [number, number, number, number];
    const box = [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
    return {
      type,
      color,
      points: boxed ? box : points,
      fixed: boxed ? 0 : fixed.length,
      figure: boxed ? { type, points: box, rotation: 0, edges: EMPTY_EDGES } : undefined,
    };
  }
}

/** Where a hand would press to draw a shape: its points, or two corners of its box. */
export function cornersOf(figure: Figure): readonly Point[] {
  if (figure.type === "polygon" || figure.type === "polyline" || figure.type === "points") {
    return Array.from(
      { length: figure.points.length / 2 },
      (_, i): Point => [figure.points[2 * i] as number, figure.points[2 * i + 1] as number],
    );
  }
  const { minX, minY, maxX, maxY } = kindOf(figure.type).bounds({ ...figure, rotation: 0 });
  return [
    [minX, minY],
    [maxX, maxY],
  ];
}
