/** Which frames the timeline shows, and where. A frame takes the stretch from its number to the next. */

export interface TimeRange {
  /** The first and one past the last frame that is shown, in parts of frames. */
  readonly from: number;
  readonly to: number;
}

/** At the closest zoom so many frames are shown. */
const FEWEST = 8;

export function wholeRange(first: number, last: number): TimeRange {
  return { from: first, to: last + 1 };
}

function within({ from, to }: TimeRange, whole: TimeRange): TimeRange {
  const all = whole.to - whole.from;
  const span = Math.min(Math.max(to - from, Math.min(FEWEST, all)), all);
  const start = Math.min(Math.max(from, whole.from), whole.to - span);
  return { from: start, to: start + span };
}

/** Zoom about a frame, which stays where it is. */
export function zoomed(range: TimeRange, whole: TimeRange, factor: number, about: number): TimeRange {
  const all = whole.to - whole.from;
  const wanted = (range.to - range.from) / factor;
  const span = Math.min(Math.max(wanted, Math.min(FEWEST, all)), all);
  const share = (about - range.from) / (range.to - range.from);
  const from = about - share * span;
  return within({ from, to: from + span }, whole);
}

export function panned({ from, to }: TimeRange, whole: TimeRange, frames: number): TimeRange {
  return within({ from: from + frames, to: to + frames }, whole);
}

/** The range that shows a frame, moved no further than needed. */
export function following(range: TimeRange, whole: TimeRange, frame: number): TimeRange {
  if (frame >= range.from && frame + 1 <= range.to) return range;
  const span = range.to - range.from;
  const from = frame < range.from ? frame - span / 8 : frame + 1 - span + span / 8;
  return within({ from, to: from + span }, whole);
}

/** Left of a frame in a lane of a width, in pixels. */
export function leftOf(frame: number, { from, to }: TimeRange, width: number): number {
  return ((frame - from) / (to - from)) * width;
}

/** The frame at a place in a lane. */
export function frameAt(x: number, { from, to }: TimeRange, width: number): number {
  return Math.floor(from + (x / Math.max(width, 1)) * (to - from));
}

const STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500];

/** Frames that get a number on the ruler, so that these stand at least `apart` pixels from one another. */
export function ticks({ from, to }: TimeRange, width: number, apart: number): readonly number[] {
  const perFrame = width / (to - from);
  let step = STEPS.find((each) => each * perFrame >= apart) ?? 1000;
  while (step * perFrame < apart) step *= 2;
  const found: number[] = [];
  for (let frame = Math.ceil(from / step) * step; frame < to; frame += step) found.push(frame);
  return found;
}
