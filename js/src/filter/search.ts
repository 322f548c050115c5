/**
 * The nearest frame with an object that matches a filter.
 *
 * Most of what a filter asks for holds from one keyframe of a track to the next, so such a stretch is asked once. Only what is
 * interpolated (width, height, rotation) is asked frame by frame, nearest first, and no further than the nearest hit.
 */
import type { JobDocument } from "../document/document";
import type { ObjectState, TrackRecord } from "../document/records";
import { stateOn } from "../document/states";
import { keyframeFrames } from "../geometry/interpolation";
import type { Matcher } from "./logic";

export interface SearchRange {
  /** The search starts after (or before) this frame. */
  readonly from: number;
  readonly direction: 1 | -1;
  readonly first: number;
  readonly last: number;
}

/** A stretch of frames of a track that has to be asked frame by frame. */
interface Stretch {
  readonly track: TrackRecord;
  readonly low: number;
  readonly high: number;
}

const FIRST_WINDOW = 64;

/** The nearest frame with a match in a direction; null if there is none. */
export function nearestMatch(
  document: Pick<JobDocument, "all">,
  matcher: Matcher,
  { from, direction, first, last }: SearchRange,
): number | null {
  // What is near is looked at before anything is asked of what is far, in windows that grow.
  let size = FIRST_WINDOW;
  let near = from + direction;
  while (near >= first && near <= last) {
    const far = Math.min(Math.max(near + direction * (size - 1), first), last);
    const found = matchWithin(document, matcher, Math.min(near, far), Math.max(near, far), direction);
    if (found !== null) return found;
    near = far + direction;
    size *= 16;
  }
  return null;
}

function matchWithin(
  document: Pick<JobDocument, "all">,
  { test, possible, varying }: Matcher,
  first: number,
  last: number,
  direction: 1 | -1,
): number | null {
  /** Frames in which a hit would still be the nearest. */
  let low = first;
  let high = last;
  let best: number | null = null;
  const hit = (frame: number): void => {
    best = frame;
    if (direction > 0) high = frame - 1;
    else low = frame + 1;
  };
  const matches = (state: ObjectState | null): boolean => state !== null && !isOutside(state) && test(state);
  const stretches: Stretch[] = [];
  for (const record of document.all()) {
    if (record.kind !== "track") {
      if (record.frame >= low && record.frame <= high && matches(stateOn(record, record.frame))) hit(record.frame);
      continue;
    }
    // The joints of a skeleton have keyframes of their own, so nothing is known of it between its own.
    const jointed = record.elements.length > 0;
    for (const [start, end, held] of stretchesOf(record, low, high, direction)) {
      const near = direction > 0 ? start : end;
      const state = stateOn(record, near);
      if (!state || (isOutside(state) && !jointed)) continue;
      const far = varying && !jointed ? stateOn(record, direction > 0 ? end : start) : null;
      if (!possible(state, far)) continue;
      if (jointed || (varying && !held)) stretches.push({ track: record, low: start, high: end });
      else if (test(state)) {
        hit(near);
        break;
      }
    }
  }
  return walk(stretches, direction > 0 ? [low, high] : [high, low], direction, matches) ?? best;
}

/** Ask every open stretch on one frame before the next frame, so that the nearest hit ends it all. */
function walk(
  stretches: Stretch[],
  [start, end]: readonly [number, number],
  direction: 1 | -1,
  matches: (state: ObjectState | null) => boolean,
): number | null {
  const near = ({ low, high }: Stretch): number => (direction > 0 ? low : -high);
  const waiting = [...stretches].sort((a, b) => near(b) - near(a));
  let open: Stretch[] = [];
  for (let frame = start; direction * (end - frame) >= 0; frame += direction) {
    for (let next = waiting.at(-1); next && near(next) <= direction * frame; next = waiting.at(-1)) {
      open.push(next);
      waiting.pop();
    }
    open = open.filter(({ low, high }) => frame >= low && frame <= high);
    if (open.some(({ track }) => matches(stateOn(track, frame)))) return frame;
    const following = waiting.at(-1);
    if (open.length === 0) {
      if (!following) return null;
      frame = direction * near(following) - direction;
    }
  }
  return null;
}

/**
 * The parts of a range between keyframes, nearest first; a keyframe belongs to what follows it. `held`: after the last one nothing
 * changes any more.
 */
function stretchesOf({ keyframes }: TrackRecord, low: number, high: number, direction: 1 | -1) {
  const frames = keyframeFrames(keyframes);
  const stretches: (readonly [start: number, end: number, held: boolean])[] = [];
  frames.forEach((frame, index) => {
    const next = frames[index + 1];
    const end = next === undefined ? high : Math.min(high, next - 1);
    const start = Math.max(low, frame);
    if (start <= end) stretches.push([start, end, next === undefined]);
  });
  return direction > 0 ? stretches : stretches.reverse();
}

function isOutside(state: ObjectState): boolean {
  return state.kind === "track" && state.outside;
}
