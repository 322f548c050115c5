/** Where the pointer was: what of its way is still to be seen at a time of a replay. */

/** As the kernel lists it: who, when (ms), frame, x, y in pixels of the picture, and whether a button was pressed. */
export type PointerSample = readonly [client: string, real: number, frame: number, x: number, y: number, pressed: number];

export interface TrailPoint {
  readonly x: number;
  readonly y: number;
  /** 0 where the pointer is now, up to 1 where the trail ends. */
  readonly age: number;
  readonly pressed: boolean;
}

/** The trail of one pointer, the newest point last. */
export type TrailLine = readonly TrailPoint[];

/** How long the trail is on the screen, in ms. */
export const TRAIL_MS = 900;
/** A pointer that rests stays visible for so long. */
const RESTING_MS = 2500;

interface Timed {
  readonly time: number;
  readonly frame: number;
  readonly x: number;
  readonly y: number;
  readonly pressed: boolean;
}

export class Trail {
  private readonly byClient = new Map<string, Timed[]>();

  /** `timeOf` gives the time of the replay for a real one. */
  constructor(samples: readonly PointerSample[], timeOf: (real: number) => number) {
    for (const [client, real, frame, x, y, pressed] of samples) {
      const line = this.byClient.get(client) ?? [];
      line.push({ time: timeOf(real), frame, x, y, pressed: pressed !== 0 });
      this.byClient.set(client, line);
    }
    for (const line of this.byClient.values()) line.sort((a, b) => a.time - b.time);
  }

  get empty(): boolean {
    return this.byClient.size === 0;
  }

  /** The trails to be seen on a frame; `speed` makes them cover more of the replay, so that they last as long on the screen. */
  at(time: number, frame: number, speed = 1): readonly TrailLine[] {
    const lines: TrailLine[] = [];
    for (const samples of this.byClient.values()) {
      const line = trailOf(samples, time, frame, speed);
      if (line.length > 0) lines.push(line);
    }
    return lines;
  }
}

function indexAfter(samples: readonly Timed[], time: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle] as Timed).time <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function trailOf(samples: readonly Timed[], time: number, frame: number, speed: number): TrailPoint[] {
  const end = indexAfter(samples, time);
  const last = samples[end - 1];
  if (!last || last.frame !== frame || time - last.time > RESTING_MS * speed) return [];
  const head = between(last, samples[end], time);
  const length = TRAIL_MS * speed;
  const points: TrailPoint[] = [];
  for (let i = end - 1; i >= 0; i--) {
    const { time: at, frame: on, x, y, pressed } = samples[i] as Timed;
    const age = (time - at) / length;
    if (age >= 1 || on !== frame) break;
    points.push({ x, y, age, pressed });
  }
  points.reverse();
  points.push({ ...head, age: 0, pressed: last.pressed });
  return points;
}

/** Where the pointer is between two samples. */
function between(a: Timed, b: Timed | undefined, time: number): { x: number; y: number } {
  if (!b || b.frame !== a.frame || b.time <= a.time) return { x: a.x, y: a.y };
  const share = (time - a.time) / (b.time - a.time);
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}
