/** When things happen in a replay: the times of a session with its long pauses cut. Milliseconds throughout. */

/** Nobody wants to wait for somebody who thinks, or who is at lunch. */
export const LONGEST_PAUSE = 3000;
/** What there was before the first change is shown for so long. */
export const LEAD = 600;
/** Changes that were made at once are shown one after the other. */
const SHORTEST_STEP = 30;

interface Knot {
  readonly real: number;
  readonly step: boolean;
}

function upperBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class ReplayClock {
  /** How long the replay takes at speed 1. */
  readonly duration: number;
  private readonly real: number[] = [];
  private readonly replay: number[] = [];
  private readonly steps: number[] = [];

  /** Real times of the changes, in their order, and of other things that happen, such as moves of the pointer. */
  constructor(steps: readonly number[], others: readonly number[] = [], longestPause = LONGEST_PAUSE) {
    const knots: Knot[] = others.map((real) => ({ real, step: false }));
    // Kernels on several machines have several clocks; the log has one order.
    let latest = Number.NEGATIVE_INFINITY;
    for (const time of steps) {
      latest = Math.max(latest, time);
      knots.push({ real: latest, step: true });
    }
    knots.sort((a, b) => a.real - b.real);
    let time = 0;
    knots.forEach(({ real, step }, index) => {
      const before = knots[index - 1];
      const gap = before ? Math.min(real - before.real, longestPause) : LEAD;
      time += step ? Math.max(gap, SHORTEST_STEP) : gap;
      this.real.push(real);
      this.replay.push(time);
      if (step) this.steps.push(time);
    });
    this.duration = time;
  }

  /** When the change of a number is made, the first being 1; 0 for the beginning. */
  timeOf(number: number): number {
    return number <= 0 ? 0 : (this.steps[Math.min(number, this.steps.length) - 1] ?? 0);
  }

  /** How many changes are made at a time of the replay. */
  numberAt(time: number): number {
    return upperBound(this.steps, time);
  }

  /** The time of the replay at which something happened in reality. */
  replayOf(real: number): number {
    const index = upperBound(this.real, real);
    const from = this.real[index - 1];
    if (from === undefined) return 0;
    const at = this.replay[index - 1] as number;
    const next = this.replay[index];
    const to = this.real[index];
    if (next === undefined || to === undefined) return at;
    return at + ((real - from) / (to - from)) * (next - at);
  }
}

/** "1:05" */
export function minutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
