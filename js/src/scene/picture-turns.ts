/** By how many quarter turns the picture of each frame is shown. A matter of the view: no coordinate changes. */
import { type Signal, signal } from "@preact/signals";
import { sumOfTurns, type Turn } from "./picture-turn";

export class PictureTurns {
  private readonly all: Signal<Turn> = signal(0);
  private readonly frames: Signal<ReadonlyMap<number, Turn>> = signal(new Map());

  of(frame: number): Turn {
    return sumOfTurns(this.all.value, this.frames.value.get(frame) ?? 0);
  }

  turn(frame: number, quarters: number): void {
    const next = new Map(this.frames.peek());
    next.set(frame, sumOfTurns(next.get(frame) ?? 0, quarters));
    this.frames.value = next;
  }

  /** Every frame as `frame` is after these quarter turns. */
  turnAll(frame: number, quarters: number): void {
    const turn = sumOfTurns(this.of(frame), quarters);
    this.frames.value = new Map();
    this.all.value = turn;
  }
}
