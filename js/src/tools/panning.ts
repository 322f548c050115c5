/** The view follows the cursor. */
import type { Point } from "../shapes/kind";
import { movedFar, State, type ToolContext, type ToolEvent } from "./state";

export class Panning extends State {
  override readonly name = "panning";
  private last: Point;
  private moved = false;

  constructor(
    context: ToolContext,
    private readonly start: ToolEvent,
    /** Told whether it was a drag or only a click. */
    private readonly done: (moved: boolean) => void,
  ) {
    super(context);
    this.last = start.screen;
  }

  override enter(): void {
    this.context.stage.setCursor("grabbing");
  }

  override pointerMove({ screen }: ToolEvent): void {
    if (!this.moved && !movedFar(screen, this.start.screen)) return;
    this.moved = true;
    this.context.stage.viewport.panBy(screen[0] - this.last[0], screen[1] - this.last[1]);
    this.last = screen;
  }

  override pointerUp(): void {
    this.done(this.moved);
  }

  override cancel(): boolean {
    this.done(true);
    return true;
  }
}
