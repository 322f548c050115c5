/** What a lane of the timeline shows of its track, and the lane of shapes and tags of theirs. */
import type { AnnotationRecord, TrackRecord } from "../../document/records";
import { visibleSpans } from "../../document/timeline";
import { keyframeFrames } from "../../geometry/interpolation";
import { leftOf, type TimeRange } from "./range";

export interface Span {
  /** Both ends inclusive. */
  readonly from: number;
  readonly to: number;
  readonly outside: boolean;
}

/** Stretches on which a track is seen and those on which it is outside, from its first keyframe to the end of the job. */
export function spansOf(track: Pick<TrackRecord, "keyframes">, last: number): readonly Span[] {
  const [first] = keyframeFrames(track.keyframes);
  if (first === undefined) return [];
  const spans: Span[] = [];
  let next = first;
  for (const [from, to] of visibleSpans(track, last)) {
    if (from > next) spans.push({ from: next, to: from - 1, outside: true });
    spans.push({ from, to, outside: false });
    next = to + 1;
  }
  if (next <= last) spans.push({ from: next, to: last, outside: true });
  return spans;
}

/** Those of sorted frames that are in the range and do not lie on one another; of several so close the first is kept. */
export function apart(frames: readonly number[], range: TimeRange, width: number, least: number): readonly number[] {
  const kept: number[] = [];
  let right = Number.NEGATIVE_INFINITY;
  for (const frame of frames) {
    if (frame < Math.floor(range.from)) continue;
    if (frame >= range.to) break;
    const left = leftOf(frame, range, width);
    if (left < right + least) continue;
    kept.push(frame);
    right = left;
  }
  return kept;
}

export interface Tick {
  readonly frame: number;
  readonly tag: boolean;
}

/** A tick for every frame of the range that has shapes or tags; at most one every few pixels. */
export function ticksOf(
  byFrame: ReadonlyMap<number, ReadonlySet<number>>,
  get: (id: number) => AnnotationRecord | undefined,
  range: TimeRange,
  width: number,
): readonly Tick[] {
  const frames: number[] = [];
  for (const [frame, ids] of byFrame) if (ids.size > 0 && frame >= range.from - 1 && frame < range.to) frames.push(frame);
  frames.sort((a, b) => a - b);
  return apart(frames, range, width, 2).map((frame) => {
    let tag = true;
    for (const id of byFrame.get(frame) ?? []) {
      tag = get(id)?.kind === "tag";
      if (!tag) break;
    }
    return { frame, tag };
  });
}
