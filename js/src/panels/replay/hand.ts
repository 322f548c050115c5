/** The hand that a slow command shows: a pointer that goes where a hand would go, and a caption of what it does. */
import { type Signal, signal } from "@preact/signals";
import type { Point } from "../../shapes/kind";

export interface HandState {
  /** In CSS pixels from the top left of the annotator. */
  readonly x: number;
  readonly y: number;
  readonly pressed: boolean;
}

const MOVE_MS = 650;
const PRESS_MS = 160;
const STEP_MS = 16;

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Slow, fast, slow. */
export function eased(share: number): number {
  return share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) * (1 - share);
}

export class Hand {
  readonly state: Signal<HandState | null> = signal(null);
  readonly caption: Signal<string> = signal("");

  constructor(private readonly root: HTMLElement) {}

  /** Go to a point of the page; `passing` hears of every place on the way. */
  async to([clientX, clientY]: Point, passing: (client: Point) => void = () => undefined): Promise<void> {
    const box = this.root.getBoundingClientRect();
    const from = this.state.peek() ?? { x: box.width / 2, y: box.height / 2, pressed: false };
    const [toX, toY] = [clientX - box.left, clientY - box.top];
    const start = performance.now();
    for (;;) {
      const share = eased(Math.min(1, (performance.now() - start) / MOVE_MS));
      const [x, y] = [from.x + share * (toX - from.x), from.y + share * (toY - from.y)];
      this.state.value = { x, y, pressed: false };
      passing([x + box.left, y + box.top]);
      if (share >= 1) return;
      await pause(STEP_MS);
    }
  }

  async press(): Promise<void> {
    const state = this.state.peek();
    if (!state) return;
    this.state.value = { ...state, pressed: true };
    await pause(PRESS_MS);
    this.state.value = { ...state, pressed: false };
    await pause(PRESS_MS / 2);
  }

  /** Go to a control of the annotator and press it, if it is there to be seen; true if it was. */
  async pressControl(testId: string): Promise<boolean> {
    const control = this.root.querySelector<HTMLElement>(`[data-testid="${CSS.escape(testId)}"]`);
    const box = control?.getBoundingClientRect();
    if (!box || box.width === 0) return false;
    await this.to([box.left + box.width / 2, box.top + box.height / 2]);
    await this.press();
    return true;
  }

  leave(): void {
    this.state.value = null;
    this.caption.value = "";
  }
}
