/**
 * Operations on whole objects: merge, split, propagate, remove in a range, group. Pure; twins of cvat_widgets/model/operations*.py.
 *
 * Each gives an edit, which is one step of undo, or a `Refusal` in words for the user. The rules are CVAT's.
 */
import { keyframeFrames, trackStateAt } from "../geometry/interpolation";
import type { JobDocument } from "./document";
import { mergeEdits } from "./edits";
import type {
  AnnotationRecord,
  AttributeSpec,
  AttributeValues,
  Edit,
  FieldChange,
  Keyframe,
  LabelSpec,
  ObjectState,
  ShapeRecord,
  TrackElement,
  TrackRecord,
} from "./records";

export class Refusal {
  constructor(readonly reason: string) {}
}

type Keyframes = Readonly<Record<number, Keyframe>>;

/** A piece of what becomes one track. */
interface Piece {
  readonly keyframes: Keyframes;
  readonly elements: readonly { readonly element: Omit<TrackElement, "keyframes" | "id">; readonly keyframes: Keyframes }[];
}

function only(values: AttributeValues, specs: readonly AttributeSpec[], mutable: boolean): AttributeValues {
  const wanted = new Set(specs.filter((spec) => spec.mutable === mutable).map((spec) => String(spec.id)));
  return Object.fromEntries(Object.entries(values).filter(([id]) => wanted.has(id)));
}

/** A shape as a track of one frame: it is outside from the next frame on, if there is one. */
function pieceOfShape(shape: ShapeRecord, label: LabelSpec, last: number): Piece {
  const ended = (keyframe: Keyframe): Keyframes =>
    shape.frame < last
      ? { [shape.frame]: keyframe, [shape.frame + 1]: { ...keyframe, outside: true, attributes: {} } }
      : { [shape.frame]: keyframe };
  const { points, rotation, occluded, z_order } = shape;
  return {
    keyframes: ended({
      points,
      rotation,
      occluded,
      outside: false,
      z_order,
      attributes: only(shape.attributes, label.attributes, true),
    }),
    elements: shape.elements.map((element) => {
      const specs = label.sublabels.find((each) => each.id === element.label)?.attributes ?? [];
      const { points: at, rotation: turned, occluded: hidden, outside } = element;
      const attributes = only(element.attributes, specs, true);
      return {
        element: { label: element.label, type: element.type, attributes: only(element.attributes, specs, false) },
        keyframes: ended({ points: at, rotation: turned, occluded: hidden, outside, z_order, attributes }),
      };
    }),
  };
}

function pieceOfTrack(track: TrackRecord): Piece {
  return {
    keyframes: track.keyframes,
    elements: track.elements.map(({ label, type, attributes, keyframes }) => ({
      element: { label, type, attributes },
      keyframes,
    })),
  };
}

/** Keyframes of several pieces together; where one ends and another begins the beginning counts. Null if two are seen at once. */
function united(pieces: readonly Keyframes[]): Keyframes | null {
  const result: Record<number, Keyframe> = {};
  for (const keyframes of pieces) {
    for (const frame of keyframeFrames(keyframes)) {
      const keyframe = keyframes[frame] as Keyframe;
      const present = result[frame];
      if (present && !present.outside && !keyframe.outside) return null;
      if (!present || present.outside) result[frame] = keyframe;
    }
  }
  // Ends that fall into another piece would cut it.
  const visible = (frame: number, own: Keyframes): boolean =>
    pieces.some((other) => {
      if (other === own) return false;
      const state = trackStateAt("rectangle", other, frame);
      return state !== null && !state.outside;
    });
  for (const keyframes of pieces) {
    for (const frame of keyframeFrames(keyframes)) {
      const keyframe = keyframes[frame] as Keyframe;
      if (keyframe.outside && result[frame] === keyframe && visible(frame, keyframes)) delete result[frame];
    }
  }
  return result;
}

/** Several shapes and tracks become one track, which begins with the first. */
export function mergeObjects(
  document: JobDocument,
  ids: readonly number[],
  labelOf: (id: number) => LabelSpec | undefined,
  last: number,
): Edit | Refusal {
  const records = ids.flatMap((id) => document.get(id) ?? []);
  const drawn = records.filter((record): record is ShapeRecord | TrackRecord => record.kind !== "tag");
  const [first] = drawn;
  if (drawn.length < 2 || !first) return new Refusal("Choose at least two objects to merge.");
  if (drawn.some((record) => record.label !== first.label || record.type !== first.type))
    return new Refusal("Objects that are merged must have one label and one type.");
  if (first.type === "mask") return new Refusal("Masks cannot be merged into a track; join them instead.");
  const label = labelOf(first.label);
  if (!label) return new Refusal("The label is not known.");
  const pieces = drawn.map((record) => (record.kind === "shape" ? pieceOfShape(record, label, last) : pieceOfTrack(record)));
  const overlap = overlapping(pieces.map((piece) => piece.keyframes));
  const keyframes = overlap === null ? united(pieces.map((piece) => piece.keyframes)) : null;
  if (!keyframes)
    return new Refusal(`Two of the objects are on frame ${overlap ?? "one"} at once, so they cannot be one object.`);
  const elements = (pieces[0] as Piece).elements.map(({ element }, index) => ({
    ...element,
    id: document.nextId(),
    keyframes: united(pieces.map((piece) => piece.elements[index]?.keyframes ?? {})) ?? {},
  }));
  const track: TrackRecord = {
    kind: "track",
    id: document.nextId(),
    label: first.label,
    type: first.type,
    group: 0,
    source: "manual",
    score: 1,
    attributes: first.kind === "track" ? first.attributes : only(first.attributes, label.attributes, false),
    keyframes,
    elements,
  };
  return { added: [track], removed: drawn.map((record) => record.id) };
}

/** A frame on which two pieces are visible at once; null if there is none. */
function overlapping(pieces: readonly Keyframes[]): number | null {
  const spans = pieces.flatMap((keyframes, index) => visible(keyframes).map(([from, to]) => ({ from, to, index })));
  spans.sort((a, b) => a.from - b.from);
  for (let i = 1; i < spans.length; i++) {
    const [before, after] = [spans[i - 1], spans[i]];
    if (!before || !after || before.index === after.index) continue;
    // A track that nobody ended lasts until another piece begins.
    if (after.from <= before.to && before.to !== Number.POSITIVE_INFINITY) return after.from;
    if (before.to === Number.POSITIVE_INFINITY) return after.from;
  }
  return null;
}

function visible(keyframes: Keyframes): [from: number, to: number][] {
  const spans: [number, number][] = [];
  const frames = keyframeFrames(keyframes);
  frames.forEach((frame, index) => {
    if ((keyframes[frame] as Keyframe).outside) return;
    const next = frames[index + 1];
    const to = next === undefined ? Number.POSITIVE_INFINITY : next - 1;
    const before = spans.at(-1);
    if (before && before[1] === frame - 1) before[1] = to;
    else spans.push([frame, to]);
  });
  return spans;
}

/** A track becomes two: what was before the frame, ended there, and what is from the frame on. */
export function splitTrack(document: JobDocument, id: number, frame: number): Edit | Refusal {
  const track = document.get(id);
  if (track?.kind !== "track") return new Refusal("Only tracks can be split.");
  const [first] = keyframeFrames(track.keyframes);
  if (first === undefined || frame <= first) return new Refusal("A track can be split only after its first keyframe.");
  const halves = halvesOf(track.type, track.keyframes, frame);
  if (!halves) return new Refusal("The track is not on this frame.");
  const common = {
    kind: "track" as const,
    label: track.label,
    type: track.type,
    group: 0,
    source: "manual" as const,
    score: 1,
  };
  const half = (index: 0 | 1): TrackRecord => ({
    ...common,
    id: document.nextId(),
    attributes: track.attributes,
    keyframes: halves[index],
    elements: track.elements.map((element) => ({
      ...element,
      id: document.nextId(),
      keyframes: halvesOf(element.type, element.keyframes, frame)?.[index] ?? element.keyframes,
    })),
  });
  return { added: [half(0), half(1)], removed: [id] };
}

function halvesOf(type: TrackRecord["type"], keyframes: Keyframes, frame: number): readonly [Keyframes, Keyframes] | null {
  const state = trackStateAt(type, keyframes, frame);
  if (!state) return null;
  const { keyframe: _, ...here } = state;
  const before: Record<number, Keyframe> = {};
  const after: Record<number, Keyframe> = {};
  for (const each of keyframeFrames(keyframes)) {
    if (each < frame) before[each] = keyframes[each] as Keyframe;
    else if (each > frame) after[each] = keyframes[each] as Keyframe;
  }
  before[frame] = { ...here, outside: true, attributes: {} };
  after[frame] = here;
  return [before, after];
}

/** Copies of objects as they look now, as shapes, on other frames. */
export function propagate(document: JobDocument, states: readonly ObjectState[], frames: readonly number[]): Edit | Refusal {
  const drawn = states.filter((state) => state.kind !== "tag");
  const targets = frames.filter((frame) => drawn.some((state) => state.frame !== frame));
  if (drawn.length === 0) return new Refusal("Choose an object to propagate.");
  if (targets.length === 0) return new Refusal("There is no other frame in this range.");
  const added = targets.flatMap((frame) =>
    drawn
      .filter((state) => state.frame !== frame)
      .map(
        (state): ShapeRecord => ({
          kind: "shape",
          id: document.nextId(),
          frame,
          label: state.label,
          type: state.type,
          points: state.points,
          rotation: state.rotation,
          occluded: state.occluded,
          outside: false,
          z_order: state.z_order,
          group: 0,
          source: state.source,
          score: state.score,
          attributes: state.attributes,
          elements: state.elements.map((element) => ({ ...element, id: document.nextId() })),
        }),
      ),
  );
  return { added };
}

/**
 * Everything in a range of frames goes. Tracks go as a whole, or with `keyframesOnly` lose their keyframes there (a track that
 * loses all of them goes).
 */
export function removeInRange(records: Iterable<AnnotationRecord>, from: number, to: number, keyframesOnly: boolean): Edit {
  const removed: number[] = [];
  const updated: Record<number, Record<string, FieldChange>> = {};
  const inside = (frame: number): boolean => frame >= from && frame <= to;
  for (const record of records) {
    if (record.kind !== "track") {
      if (inside(record.frame)) removed.push(record.id);
      continue;
    }
    const frames = keyframeFrames(record.keyframes);
    if (!keyframesOnly) {
      if (visible(record.keyframes).some(([first, last]) => first <= to && last >= from)) removed.push(record.id);
      continue;
    }
    const gone = frames.filter(inside);
    if (gone.length === 0) continue;
    if (gone.length === frames.length) {
      removed.push(record.id);
      continue;
    }
    const fields: Record<string, FieldChange> = {};
    for (const frame of gone) {
      fields[`keyframes.${frame}`] = [record.keyframes[frame], null];
      for (const element of record.elements) {
        const keyframe = element.keyframes[frame];
        if (keyframe) fields[`elements.${element.id}.keyframes.${frame}`] = [keyframe, null];
      }
    }
    updated[record.id] = fields;
  }
  return { removed, updated };
}

/** One number for all of them, larger than any in use; 0 takes them out of their groups. */
export function groupObjects(document: JobDocument, ids: readonly number[], together: boolean): Edit | Refusal {
  const records = ids.flatMap((id) => document.get(id) ?? []);
  if (records.length === 0) return new Refusal("Choose objects to group.");
  let number = 0;
  if (together) for (const record of document.all()) number = Math.max(number, record.group + 1);
  const changed = records.filter((record) => record.group !== number);
  return mergeEdits(...changed.map((record) => ({ updated: { [record.id]: { group: [record.group, number] as const } } })));
}
