/** The live wire: lines along the edges of the picture, asked of the kernel one at a time. */
import { type Signal, signal } from "@preact/signals";
import type { Editor } from "../../editor";
import type { Point } from "../../shapes/kind";
import { textOfError } from "./interaction";

export interface Leg {
  readonly from: Point;
  readonly to: Point;
  /** From one end to the other, both included; straight as long as the kernel has not answered. */
  readonly line: readonly number[];
  /** Whether it is to stay straight. */
  readonly straight: boolean;
}

function straightLeg(from: Point, to: Point, straight: boolean): Leg {
  return { from, to, line: [...from, ...to], straight };
}

export class LiveWire {
  /** Side in pixels of the picture of the square around the cursor in which the last point must lie. */
  readonly threshold: Signal<number> = signal(0);
  /** Finished legs. */
  readonly legs: Signal<readonly Leg[]> = signal([]);
  /** From the last point to the cursor. */
  readonly loose: Signal<Leg | null> = signal(null);
  readonly error: Signal<string | null> = signal(null);
  /** Where the cursor was when the kernel had not answered yet. */
  private next: Leg | null = null;
  private asking = false;
  private frame = -1;
  private readonly unanswered = new Set<Promise<unknown>>();

  constructor(private readonly editor: Editor) {}

  clear(): void {
    this.legs.value = [];
    this.loose.value = null;
    this.next = null;
    this.error.value = null;
    this.frame = this.editor.frame.peek();
  }

  reaches(from: Point, to: Point): boolean {
    return Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])) <= this.threshold.peek() / 2;
  }

  /** Show the line from the last point to the cursor; of many moves only the newest is asked about. */
  aim(from: Point | null, to: Point | null, straight: boolean): void {
    if (!from || !to) {
      this.loose.value = null;
      this.next = null;
      return;
    }
    const leg = straightLeg(from, to, straight);
    const loose = this.loose.peek();
    // Until the new line is there, the old one with its end at the cursor is nearer to it than a straight one.
    const kept = !straight && loose && !loose.straight && loose.from === from && loose.line.length > 4;
    this.loose.value = kept ? { ...leg, line: [...loose.line.slice(0, -2), ...to] } : leg;
    if (straight || !this.reaches(from, to)) {
      this.next = null;
      if (!straight) this.loose.value = leg;
      return;
    }
    this.next = leg;
    if (!this.asking) void this.follow();
  }

  /** Make a leg for good; its line comes when the kernel has answered. */
  fix(from: Point, to: Point, straight: boolean): void {
    const leg = straightLeg(from, to, straight);
    this.legs.value = [...this.legs.peek(), leg];
    this.next = null;
    this.loose.value = null;
    if (straight) return;
    const answer = this.ask(leg).then((line) => {
      if (line) this.legs.value = this.legs.peek().map((each) => (each === leg ? { ...leg, line } : each));
    });
    this.unanswered.add(answer);
    void answer.then(() => this.unanswered.delete(answer));
  }

  removeLast(): void {
    this.legs.value = this.legs.peek().slice(0, -1);
    this.loose.value = null;
    this.next = null;
  }

  /** All fixed legs have their lines. */
  async settled(): Promise<void> {
    await Promise.all(this.unanswered);
  }

  private async follow(): Promise<void> {
    this.asking = true;
    for (let leg = this.next; leg; leg = this.next) {
      this.next = null;
      const line = await this.ask(leg);
      const loose = this.loose.peek();
      if (line && loose && loose.from === leg.from && !loose.straight) {
        const end = loose.to === leg.to ? line : [...line.slice(0, -2), ...loose.to];
        this.loose.value = { ...loose, line: end };
      }
    }
    this.asking = false;
  }

  private async ask({ from, to }: Leg): Promise<readonly number[] | null> {
    const params = { frame: this.frame, anchor: from, target: to, threshold: this.threshold.peek() };
    try {
      const { result } = await this.editor.link.call<{ line: readonly number[] }>("scissors", params);
      this.error.value = null;
      return result.line.length >= 4 ? result.line : null;
    } catch (error) {
      this.error.value = textOfError(error);
      return null;
    }
  }
}

const wires = new WeakMap<Editor, LiveWire>();

/** The one of an annotator. */
export function liveWireOf(editor: Editor): LiveWire {
  let wire = wires.get(editor);
  if (!wire) {
    wire = new LiveWire(editor);
    wires.set(editor, wire);
  }
  return wire;
}
