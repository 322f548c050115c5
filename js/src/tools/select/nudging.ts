/** Arrow keys shift objects; a run of key presses is one change. */
import type { ObjectState } from "../../document/records";
import { unturnVector } from "../../scene/picture-turn";
import type { Figure, Point } from "../../shapes/kind";
import { commitFigures } from "../commit";
import type { KeyInput, ToolContext, ToolEvent } from "../state";
import { Gesture, type Home } from "./gesture";
import { figuresOf, shifted } from "./moving";

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const LARGE_STEP = 10;
/** The run is over when no key came for so long. */
const PAUSE_MS = 400;

export function isNudge(event: KeyInput): boolean {
  return event.key in DIRECTIONS && !event.ctrlKey && !event.metaKey && !event.altKey;
}

export class Nudging extends Gesture {
  override readonly name = "nudging";
  private readonly figures: ReadonlyMap<number, Figure>;
  private readonly states: readonly ObjectState[];
  private moved: ReadonlyMap<number, Figure> = new Map();
  private shift: readonly [number, number] = [0, 0];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: ToolContext, home: Home, ids: readonly number[]) {
    super(context, home);
    this.figures = figuresOf(ids, context);
    this.states = context.editor.objects.peek().filter(({ id }) => this.figures.has(id));
  }

  override exit(): void {
    clearTimeout(this.timer);
    super.exit();
  }

  override key(event: KeyInput): boolean {
    if (!isNudge(event)) {
      if (event.key !== "Escape" && event.key !== "Shift") this.complete();
      return false;
    }
    // As the arrow points on the screen, also when the picture is turned.
    const [dx, dy] = unturnVector(DIRECTIONS[event.key] as Point, this.context.stage.viewport.turn.peek());
    const step = event.shiftKey ? LARGE_STEP : 1;
    this.shift = [this.shift[0] + dx * step, this.shift[1] + dy * step];
    this.moved = shifted(this.figures, this.shift, this.context);
    this.context.stage.setPreview({ figures: this.moved });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.complete(), PAUSE_MS);
    return true;
  }

  override complete(): boolean {
    const { moved } = this;
    this.home.idle();
    if (moved.size > 0) commitFigures(this.context.editor, "Move", moved, this.states);
    return true;
  }

  override frameChanged(): void {
    this.complete();
  }

  override pointerDown(_event: ToolEvent): void {
    this.complete();
  }
}
