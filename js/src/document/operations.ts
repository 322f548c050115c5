/**
 * Operations on whole objects: merge, split, propagate, remove in a range, group. Pure; twins of the functions in
 * cvat_widgets/model/operations_tracks.py and operations_frames.py, and held equal to them by tests/golden/operations.json.
 *
 * Each gives an edit, which is one step of undo, or a `Refusal` in words for the user. The rules are CVAT's.
 */
import { keyframeFrames, trackStateAt } from "../geometry/interpolation";
import type { JobDocument } from "./document";
import type {
  AnnotationRecord,
  AttributeValues,
  Edit,
  Element,
  FieldChange,
  Keyframe,
  LabelSpec,
  ShapeRecord,
  ShapeType,
  TagRecord,
  TrackElement,
  TrackRecord,
} from "./records";
import { Refusal } from "./refusal";
import { stateOn } from "./states";

type Keyframes = Readonly<Record<number, Keyframe>>;
type LabelOf = (id: number) => LabelSpec | undefined;
type Ids = Pick<JobDocument, "nextId">;

/** One object that goes into a merged track: its keyframes, each with all mutable values in force there. */
interface Piece {
  readonly keyframes: Keyframes;
  readonly isShape: boolean;
}

function mutableIds(label: LabelSpec | undefined): ReadonlySet<string> {
  return new Set(label?.attributes.flatMap((spec) => (spec.mutable ? String(spec.id) : [])) ?? []);
}

function valuesOf(values: AttributeValues, mutable: ReadonlySet<string>, wanted: boolean): AttributeValues {
  return Object.fromEntries(Object.entries(values).filter(([id]) => mutable.has(id) === wanted));
}

function asKeyframe(shape: ShapeRecord | Element, z_order: number, mutable: ReadonlySet<string>): Keyframe {
  const { points, rotation, occluded, outside } = shape;
  return { points, rotation, occluded, outside, z_order, attributes: valuesOf(shape.attributes, mutable, true) };
}

function pieceOfTrack(type: ShapeType, keyframes: Keyframes): Piece {
  const full = keyframeFrames(keyframes).map((frame) => {
    const attributes = trackStateAt(type, keyframes, frame)?.attributes ?? {};
    return [frame, { ...(keyframes[frame] as Keyframe), attributes }] as const;
  });
  return { keyframes: Object.fromEntries(full), isShape: false };
}

/** All keyframes together, or the frame on which two are visible at once. */
function joined(pieces: readonly Piece[], last: number): Keyframes | number {
  const found: Record<number, Keyframe> = {};
  for (const { keyframes, isShape } of pieces) {
    for (const frame of keyframeFrames(keyframes)) {
      const keyframe = keyframes[frame] as Keyframe;
      const present = found[frame];
      if (present && !present.outside) {
        if (keyframe.outside && !isShape) continue;
        return frame;
      }
      found[frame] = keyframe;
      // A shape is there for one frame, unless another piece goes on after it.
      if (isShape && frame + 1 <= last && !found[frame + 1]) found[frame + 1] = { ...keyframe, outside: true };
    }
  }
  return changesOnly(found);
}

/** Of the attribute values, all in force, only those that differ from the keyframe before. */
function changesOnly(keyframes: Keyframes): Keyframes {
  const known: Record<string, string> = {};
  const kept: Record<number, Keyframe> = {};
  for (const frame of keyframeFrames(keyframes)) {
    const keyframe = keyframes[frame] as Keyframe;
    const entries = Object.entries(keyframe.attributes);
    kept[frame] = { ...keyframe, attributes: Object.fromEntries(entries.filter(([id, value]) => known[id] !== value)) };
    Object.assign(known, keyframe.attributes);
  }
  return kept;
}

function withoutLeadingOutside(keyframes: Keyframes): Keyframes {
  const frames = keyframeFrames(keyframes);
  const first = frames.find((frame) => !keyframes[frame]?.outside);
  if (first === undefined) return keyframes;
  const attributes = trackStateAt("rectangle", keyframes, first)?.attributes ?? {};
  const kept = frames.filter((frame) => frame >= first).map((frame) => [frame, keyframes[frame] as Keyframe] as const);
  return { ...Object.fromEntries(kept), [first]: { ...(keyframes[first] as Keyframe), attributes } };
}

/** Several shapes and tracks become one track; what it is and its immutable attributes are the first one's. */
export function mergeObjects(
  document: Pick<JobDocument, "get" | "nextId">,
  ids: readonly number[],
  labelOf: LabelOf,
  last: number,
): Edit | Refusal {
  const records = ids.flatMap((id) => document.get(id) ?? []);
  const refused = refusalOfMerge(records, labelOf);
  if (refused) return refused;
  const pieces = records as (ShapeRecord | TrackRecord)[];
  const first = pieces[0] as ShapeRecord | TrackRecord;
  const mutable = mutableIds(labelOf(first.label));
  const keyframes = joined(
    pieces.map((record) =>
      record.kind === "shape"
        ? { keyframes: { [record.frame]: asKeyframe(record, record.z_order, mutable) }, isShape: true }
        : pieceOfTrack(record.type, record.keyframes),
    ),
    last,
  );
  if (typeof keyframes === "number") return overlap(keyframes);
  const id = document.nextId();
  const elements = joinedElements(pieces, labelOf, document, last);
  if (typeof elements === "number") return overlap(elements);
  const track: TrackRecord = {
    kind: "track",
    id,
    label: first.label,
    type: first.type,
    group: 0,
    source: "manual",
    score: 1,
    attributes: valuesOf(first.attributes, mutable, false),
    keyframes: withoutLeadingOutside(keyframes),
    elements,
  };
  return { added: [track], removed: pieces.map((record) => record.id) };
}

function overlap(frame: number): Refusal {
  return new Refusal("overlap", `Two of the objects are on frame ${frame} at once, so they cannot be one object.`);
}

function refusalOfMerge(records: readonly AnnotationRecord[], labelOf: LabelOf): Refusal | null {
  const [first] = records;
  if (records.length < 2 || !first) return new Refusal("few", "Choose at least two objects to merge.");
  const typeOf = (record: AnnotationRecord): string => (record.kind === "tag" ? "tag" : record.type);
  for (const record of records) {
    if (record.kind === "tag") return new Refusal("tags", "A tag cannot be part of a track: leave it out.");
    if (record.type === "mask") return new Refusal("masks", "Masks cannot be merged into a track; join them instead.");
    if (record.label !== first.label) {
      const [a, b] = [labelOf(first.label)?.name, labelOf(record.label)?.name];
      return new Refusal("labels", `Objects of different labels (${a} and ${b}) cannot be merged: relabel one of them.`);
    }
    if (typeOf(record) !== typeOf(first))
      return new Refusal("types", `A ${typeOf(record)} cannot be merged with a ${typeOf(first)}.`);
  }
  return null;
}

/** Skeletons are merged joint by joint: what counts is what a joint is called, not where it stands in the list. */
function joinedElements(
  pieces: readonly (ShapeRecord | TrackRecord)[],
  labelOf: LabelOf,
  document: Ids,
  last: number,
): TrackElement[] | number {
  const sublabels = new Set(pieces.flatMap((record) => record.elements.map(({ label }) => label)));
  const elements: TrackElement[] = [];
  for (const label of sublabels) {
    const mutable = mutableIds(labelOf(label));
    const parts: Piece[] = [];
    let own: { readonly type: ShapeType; readonly attributes: AttributeValues } | null = null;
    for (const record of pieces) {
      for (const element of record.elements.filter((each) => each.label === label)) {
        if (record.kind === "track") {
          const { keyframes } = element as TrackElement;
          parts.push(pieceOfTrack(element.type, keyframes));
        } else {
          const keyframe = asKeyframe(element as Element, record.z_order, mutable);
          parts.push({ keyframes: { [record.frame]: keyframe }, isShape: true });
        }
        own ??= { type: element.type, attributes: valuesOf(element.attributes, mutable, false) };
      }
    }
    const keyframes = joined(parts, last);
    if (typeof keyframes === "number") return keyframes;
    elements.push({ id: document.nextId(), label, type: own?.type ?? "points", attributes: own?.attributes ?? {}, keyframes });
  }
  return elements;
}

/** A track becomes two: what was before the frame, ended there, and what is from the frame on. */
export function splitTrack(document: Pick<JobDocument, "get" | "nextId">, id: number, frame: number): Edit | Refusal {
  const track = document.get(id);
  if (track?.kind !== "track") return new Refusal("not-a-track", "Only tracks can be split.");
  const first = keyframeFrames(track.keyframes)[0] as number;
  if (frame <= first) return new Refusal("before-first", `The track begins on frame ${first}: split it on a later frame.`);
  const half = (later: boolean): TrackRecord => ({
    kind: "track",
    id: document.nextId(),
    label: track.label,
    type: track.type,
    group: 0,
    source: "manual",
    score: 1,
    attributes: track.attributes,
    keyframes: halfOf(track.type, track.keyframes, frame, later),
    elements: track.elements.map((element) => ({
      ...element,
      id: document.nextId(),
      keyframes: halfOf(element.type, element.keyframes, frame, later),
    })),
  });
  return { added: [half(false), half(true)], removed: [id] };
}

function halfOf(type: ShapeType, keyframes: Keyframes, frame: number, later: boolean): Keyframes {
  const frames = keyframeFrames(keyframes);
  const state = trackStateAt(type, keyframes, frame);
  const kept = frames.filter((each) => (later ? each > frame : each < frame));
  const half = Object.fromEntries(kept.map((each) => [each, keyframes[each] as Keyframe]));
  const here = state ? plain(state) : null;
  if (later) return here ? { ...half, [frame]: here } : half;
  // A joint may begin later than its skeleton: then it is not there in the first half.
  const end = here ?? (keyframes[frames[0] as number] as Keyframe);
  return { ...half, [frame]: { ...end, outside: true, attributes: {} } };
}

function plain({ points, rotation, occluded, outside, z_order, attributes }: Keyframe): Keyframe {
  return { points, rotation, occluded, outside, z_order, attributes };
}

/** Copies of objects as they look on one frame, on others: shapes and tags, in no group. */
export function propagate(
  document: Pick<JobDocument, "get" | "nextId">,
  ids: readonly number[],
  frame: number,
  frames: Iterable<number>,
): Edit | Refusal {
  const states: (ShapeRecord | TagRecord)[] = [];
  for (const id of ids) {
    const record = document.get(id);
    const state = record && shapeOn(record, frame);
    if (!state) return new Refusal("not-visible", `An object that is not on frame ${frame} cannot be propagated from it.`);
    states.push(state);
  }
  const targets = [...new Set(frames)].filter((each) => each !== frame).sort((a, b) => a - b);
  const added = targets.flatMap((target) => states.map((state) => copyOf(state, target, document)));
  return { added };
}

/** An object on a frame as a shape or tag; null where it is not to be seen. */
function shapeOn(record: AnnotationRecord, frame: number): ShapeRecord | TagRecord | null {
  if (record.kind !== "track") return record.frame === frame ? record : null;
  const state = stateOn(record, frame);
  if (!state || state.outside) return null;
  const { keyframe: _, ...rest } = state;
  return { ...rest, kind: "shape" };
}

function copyOf(state: ShapeRecord | TagRecord, frame: number, document: Ids): ShapeRecord | TagRecord {
  if (state.kind === "tag") return { ...state, id: document.nextId(), frame, group: 0 };
  const id = document.nextId();
  const elements = state.elements.map((element) => ({ ...element, id: document.nextId() }));
  return { ...state, id, frame, group: 0, outside: false, elements };
}

/**
 * Shapes and tags in a range of frames go. Of tracks, those that begin there go as a whole, or with `keyframesOnly` all lose
 * their keyframes there (a track that loses all of them goes).
 */
export function removeInRange(
  records: Iterable<AnnotationRecord>,
  from: number,
  to: number,
  keyframesOnly: boolean,
): Edit | Refusal {
  if (from > to) return new Refusal("range", `Frame ${from} is after frame ${to}.`);
  const removed: number[] = [];
  const updated: Record<number, Record<string, FieldChange>> = {};
  const inside = (frame: number): boolean => frame >= from && frame <= to;
  for (const record of records) {
    if (record.kind !== "track") {
      if (inside(record.frame)) removed.push(record.id);
      continue;
    }
    const frames = keyframeFrames(record.keyframes);
    if (keyframesOnly ? frames.every(inside) : inside(frames[0] as number)) removed.push(record.id);
    else if (keyframesOnly) {
      const fields = removedKeyframes(record, inside);
      if (Object.keys(fields).length > 0) updated[record.id] = fields;
    }
  }
  return { removed, updated };
}

function removedKeyframes(track: TrackRecord, inside: (frame: number) => boolean): Record<string, FieldChange> {
  const fields: Record<string, FieldChange> = {};
  for (const frame of keyframeFrames(track.keyframes))
    if (inside(frame)) fields[`keyframes.${frame}`] = [track.keyframes[frame], null];
  for (const element of track.elements)
    for (const frame of keyframeFrames(element.keyframes))
      if (inside(frame)) fields[`elements.${element.id}.keyframes.${frame}`] = [element.keyframes[frame], null];
  return fields;
}
