/** How many objects a job has, by label and shape type: shapes, tracks, their keyframes, and what is interpolated between them. */
import { visibleSpans } from "./document";
import type { AnnotationRecord, ShapeType, TrackRecord } from "./records";

export interface Counts {
  /** Shapes, or tags. */
  readonly shapes: number;
  readonly tracks: number;
  /** Keyframes of tracks on which the object is visible. */
  readonly keyframes: number;
  /** Frames on which tracks are visible between their keyframes. */
  readonly interpolated: number;
}

export interface Statistics {
  readonly byLabel: ReadonlyMap<number, ReadonlyMap<ShapeType, Counts>>;
  readonly records: number;
}

export interface FrameRange {
  readonly first: number;
  readonly last: number;
  readonly deleted: ReadonlySet<number>;
}

export const NO_COUNTS: Counts = { shapes: 0, tracks: 0, keyframes: 0, interpolated: 0 };

export function sumOf(counts: Iterable<Counts>): Counts {
  let { shapes, tracks, keyframes, interpolated } = NO_COUNTS;
  for (const each of counts) {
    shapes += each.shapes;
    tracks += each.tracks;
    keyframes += each.keyframes;
    interpolated += each.interpolated;
  }
  return { shapes, tracks, keyframes, interpolated };
}

/** What somebody drew, and all that is seen. */
export const manualOf = ({ shapes, keyframes }: Counts): number => shapes + keyframes;
export const totalOf = (counts: Counts): number => manualOf(counts) + counts.interpolated;

/** Frames on which a track is visible in a range, without deleted ones, and how many of them are keyframes. */
function countTrack(track: TrackRecord, { first, last, deleted }: FrameRange): Pick<Counts, "keyframes" | "interpolated"> {
  let visible = 0;
  for (const [from, to] of visibleSpans(track, last)) {
    const [start, end] = [Math.max(from, first), Math.min(to, last)];
    if (end < start) continue;
    visible += end - start + 1;
    for (const frame of deleted) if (frame >= start && frame <= end) visible--;
  }
  let keyframes = 0;
  for (const [name, keyframe] of Object.entries(track.keyframes)) {
    const frame = Number(name);
    if (!keyframe.outside && frame >= first && frame <= last && !deleted.has(frame)) keyframes++;
  }
  return { keyframes, interpolated: Math.max(0, visible - keyframes) };
}

function countsOf(record: AnnotationRecord, range: FrameRange): Counts {
  if (record.kind === "track") return { shapes: 0, tracks: 1, ...countTrack(record, range) };
  return { ...NO_COUNTS, shapes: range.deleted.has(record.frame) ? 0 : 1 };
}

/** Count records one after the other; the caller goes on while it has time. */
export function* countObjects(records: Iterable<AnnotationRecord>, range: FrameRange): Generator<void, Statistics> {
  const byLabel = new Map<number, Map<ShapeType, Counts>>();
  let count = 0;
  for (const record of records) {
    const type = record.kind === "tag" ? "tag" : record.type;
    let types = byLabel.get(record.label);
    if (!types) {
      types = new Map();
      byLabel.set(record.label, types);
    }
    types.set(type, sumOf([types.get(type) ?? NO_COUNTS, countsOf(record, range)]));
    count++;
    yield;
  }
  return { byLabel, records: count };
}
