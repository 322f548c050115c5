/** What the steps of the selection tool share. */
import { type KeyInput, State, type ToolContext } from "../state";

export interface Home {
  go(step: State): void;
  idle(): void;
}

export abstract class Step extends State {
  constructor(
    context: ToolContext,
    protected readonly home: Home,
  ) {
    super(context);
  }

  override exit(): void {
    super.exit();
    this.context.stage.setPreview(null);
  }
}

/** A step between press and release: Escape and another frame end it without a trace. */
export abstract class Gesture extends Step {
  override cancel(): boolean {
    this.home.idle();
    return true;
  }

  override frameChanged(): void {
    this.cancel();
  }

  /** Keys that would change objects must wait until the gesture is over. */
  override key(event: KeyInput): boolean {
    return event.key !== "Escape" && event.key !== "Shift" && event.key !== "Control" && event.key !== "Alt";
  }
}
