/** The button went down on objects: a click chooses, a drag moves. */
import type { Point } from "../../shapes/kind";
import { Panning } from "../panning";
import { movedFar, type ToolContext, type ToolEvent } from "../state";
import { Gesture, type Home } from "./gesture";
import { Moving } from "./moving";

/** Where the last click was: a click there again chooses the next object below. Kept for each editor. */
const lastClicks = new WeakMap<object, Point>();

export class Pointing extends Gesture {
  override readonly name = "pointing";

  constructor(
    context: ToolContext,
    home: Home,
    /** Objects under the cursor, topmost first; at least one. */
    private readonly hits: readonly number[],
    private readonly start: ToolEvent,
  ) {
    super(context, home);
  }

  override pointerMove(event: ToolEvent): void {
    if (!movedFar(event.screen, this.start.screen)) return;
    const { editor } = this.context;
    const { home, context, start } = this;
    lastClicks.delete(editor);
    if (editor.info.readOnly) {
      const panning = new Panning(context, start, () => home.idle());
      home.go(panning);
      panning.pointerMove(event);
      return;
    }
    const selection = editor.selection.value;
    const target = this.hits.find((id) => selection.includes(id)) ?? (this.hits[0] as number);
    if (!selection.includes(target)) editor.selection.value = [target];
    const free = editor.selection.value.filter((id) => !editor.pinned.value.has(id) && !editor.isLocked(id));
    if (free.length === 0) {
      const state = context.stage.stateOf(target);
      editor.toast("info", `${state ? editor.nameOf(state) : "The object"} is pinned: unpin it to move it.`);
      home.idle();
      return;
    }
    const moving = new Moving(context, home, free, start);
    home.go(moving);
    moving.pointerMove(event);
  }

  override pointerUp(): void {
    const { editor } = this.context;
    const { hits, start } = this;
    const top = hits[0] as number;
    const selection = editor.selection.value;
    if (start.shift || start.ctrl) {
      editor.selection.value = selection.includes(top) ? selection.filter((id) => id !== top) : [...selection, top];
    } else if (start.clicks === 1) {
      const last = lastClicks.get(editor);
      const again = last !== undefined && !movedFar(last, start.screen);
      const current = selection.length === 1 ? hits.indexOf(selection[0] as number) : -1;
      editor.selection.value = [again && current >= 0 ? (hits[(current + 1) % hits.length] as number) : top];
    }
    lastClicks.set(editor, start.screen);
    this.home.idle();
  }
}
