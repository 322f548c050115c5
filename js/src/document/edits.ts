/** Builders of edits: pure functions from how an object looks to what shall change. Tools, panels and actions all use these. */
import { trackStateAt } from "../geometry/interpolation";
import type { JobDocument } from "./document";
import type {
  AnnotationRecord,
  AttributeSpec,
  AttributeValues,
  Edit,
  Element,
  FieldChange,
  Keyframe,
  LabelSpec,
  ObjectState,
  Points,
  ShapeRecord,
  ShapeType,
  Source,
  TrackRecord,
} from "./records";

export interface NewObject {
  readonly frame: number;
  readonly label: LabelSpec;
  readonly type: ShapeType;
  readonly points: Points;
  readonly rotation?: number;
  readonly attributes?: AttributeValues;
  readonly z_order?: number;
  /** Joints of a skeleton. */
  readonly joints?: readonly { readonly label: LabelSpec; readonly points: Points }[];
}

type Fields = Record<string, FieldChange>;

/** Several edits as one; a later change of the same field continues the earlier one. */
export function mergeEdits(...edits: readonly Edit[]): Edit {
  const updated: Record<number, Record<string, FieldChange>> = {};
  for (const edit of edits) {
    for (const [id, fields] of Object.entries(edit.updated ?? {})) {
      updated[Number(id)] ??= {};
      const target = updated[Number(id)] as Record<string, FieldChange>;
      for (const [path, [from, to]] of Object.entries(fields)) target[path] = [target[path] ? target[path][0] : from, to];
    }
  }
  return {
    added: edits.flatMap((edit) => edit.added ?? []),
    updated,
    removed: edits.flatMap((edit) => edit.removed ?? []),
  };
}

function defaults(label: LabelSpec, chosen: (spec: AttributeSpec) => boolean, given: AttributeValues = {}): AttributeValues {
  const values: Record<number, string> = {};
  for (const spec of label.attributes) if (chosen(spec)) values[spec.id] = given[spec.id] ?? spec.default_value;
  return values;
}

export function addShape(document: JobDocument, object: NewObject): Edit {
  const record: ShapeRecord = {
    kind: "shape",
    id: document.nextId(),
    frame: object.frame,
    label: object.label.id,
    type: object.type,
    points: object.points,
    rotation: object.rotation ?? 0,
    occluded: false,
    outside: false,
    z_order: object.z_order ?? topLayer(document, object.frame),
    group: 0,
    source: "manual",
    score: 1,
    attributes: defaults(object.label, () => true, object.attributes),
    elements: (object.joints ?? []).map(
      ({ label, points }): Element => ({
        id: document.nextId(),
        label: label.id,
        type: "points",
        points,
        rotation: 0,
        occluded: false,
        outside: false,
        attributes: defaults(label, () => true),
      }),
    ),
  };
  return { added: [record] };
}

export function addTrack(document: JobDocument, object: NewObject): Edit {
  const keyframe: Keyframe = {
    points: object.points,
    rotation: object.rotation ?? 0,
    occluded: false,
    outside: false,
    z_order: object.z_order ?? topLayer(document, object.frame),
    attributes: defaults(object.label, (spec) => spec.mutable, object.attributes),
  };
  const record: TrackRecord = {
    kind: "track",
    id: document.nextId(),
    label: object.label.id,
    type: object.type,
    group: 0,
    source: "manual",
    score: 1,
    attributes: defaults(object.label, (spec) => !spec.mutable, object.attributes),
    keyframes: { [object.frame]: keyframe },
    elements: (object.joints ?? []).map(({ label, points }) => ({
      id: document.nextId(),
      label: label.id,
      type: "points" as const,
      attributes: defaults(label, (spec) => !spec.mutable),
      keyframes: { [object.frame]: { ...keyframe, points, attributes: defaults(label, (spec) => spec.mutable) } },
    })),
  };
  return { added: [record] };
}

export function addTag(document: JobDocument, frame: number, label: LabelSpec): Edit {
  const attributes = defaults(label, () => true);
  const id = document.nextId();
  return { added: [{ kind: "tag", id, frame, label: label.id, group: 0, source: "manual", score: 1, attributes }] };
}

/** New objects go on top of what is on the frame. */
function topLayer(document: JobDocument, frame: number): number {
  return document.statesAt(frame).reduce((top, state) => Math.max(top, state.z_order), 0);
}

// -- fields of one object -----------------------------------------------------------------------------------------------------------

function update(id: number, fields: Fields): Edit {
  return { updated: { [id]: fields } };
}

/** An object that a model proposed and a person touched is both's; one read from a file becomes the person's. */
export function sourceAfterEdit(source: Source): Source {
  if (source === "auto" || source === "semi-auto") return "semi-auto";
  return source === "consensus" ? source : "manual";
}

function withSource(state: ObjectState, fields: Fields): Fields {
  const source = sourceAfterEdit(state.source);
  return source === state.source ? fields : { ...fields, source: [state.source, source] };
}

function trackOf(document: JobDocument, state: ObjectState): TrackRecord {
  const record = document.get(state.id);
  if (record?.kind !== "track") throw new Error(`There is no track ${state.id}.`);
  return record;
}

/** The keyframe that a track would have at a frame, with changes; attributes stand only where they change. */
function keyframeAt(track: TrackRecord, state: ObjectState, changes: Partial<Keyframe>): Keyframe {
  const present = track.keyframes[state.frame];
  return {
    points: state.points,
    rotation: state.rotation,
    occluded: state.occluded,
    outside: present?.outside ?? false,
    z_order: state.z_order,
    attributes: present?.attributes ?? {},
    ...changes,
  };
}

function keyframeEdit(document: JobDocument, state: ObjectState, changes: Partial<Keyframe>): Edit {
  const track = trackOf(document, state);
  const fields: Fields = {
    [`keyframes.${state.frame}`]: [track.keyframes[state.frame] ?? null, keyframeAt(track, state, changes)],
  };
  return update(state.id, withSource(state, fields));
}

export function setPose(document: JobDocument, state: ObjectState, points: Points, rotation = state.rotation): Edit {
  if (state.kind === "track") return keyframeEdit(document, state, { points, rotation });
  const fields: Fields = { points: [state.points, points] };
  if (rotation !== state.rotation) fields.rotation = [state.rotation, rotation];
  return update(state.id, withSource(state, fields));
}

/** Give a skeleton's joints new places. */
export function setElements(document: JobDocument, state: ObjectState, elements: readonly Element[]): Edit {
  const fields: Fields = {};
  if (state.kind !== "track") {
    for (const element of elements) {
      const before = state.elements.find((each) => each.id === element.id);
      if (before && before !== element) fields[`elements.${element.id}`] = [before, element];
    }
    return update(state.id, withSource(state, fields));
  }
  const track = trackOf(document, state);
  for (const element of elements) {
    const joint = track.elements.find((each) => each.id === element.id);
    if (!joint) continue;
    const keyframe: Keyframe = {
      points: element.points,
      rotation: element.rotation,
      occluded: element.occluded,
      outside: element.outside,
      z_order: state.z_order,
      attributes: joint.keyframes[state.frame]?.attributes ?? {},
    };
    fields[`elements.${element.id}.keyframes.${state.frame}`] = [joint.keyframes[state.frame] ?? null, keyframe];
  }
  if (!track.keyframes[state.frame]) fields[`keyframes.${state.frame}`] = [null, keyframeAt(track, state, {})];
  return update(state.id, withSource(state, fields));
}

/** Occluded of anything drawn, outside of tracks. */
export function setFlag(document: JobDocument, state: ObjectState, flag: "occluded" | "outside", value: boolean): Edit {
  if (state.kind === "track") return keyframeEdit(document, state, { [flag]: value });
  return update(state.id, withSource(state, { [flag]: [state[flag], value] }));
}

export function setZOrder(document: JobDocument, state: ObjectState, layer: number): Edit {
  if (state.kind === "track") return keyframeEdit(document, state, { z_order: layer });
  return update(state.id, { z_order: [state.z_order, layer] });
}

export function setGroup(state: ObjectState, group: number): Edit {
  return update(state.id, { group: [state.group, group] });
}

/** Another label: attributes of the old one go, those of the new one get their defaults (kept where the name and value fit). */
export function setLabel(document: JobDocument, state: ObjectState, label: LabelSpec, old: LabelSpec | undefined): Edit {
  const record = document.get(state.id);
  if (!record || state.label === label.id) return {};
  const kept: Record<number, string> = {};
  for (const spec of label.attributes) {
    const before = old?.attributes.find((each) => each.name === spec.name && each.input_type === spec.input_type);
    const value = before && state.attributes[before.id];
    if (value !== undefined && (spec.values.length === 0 || spec.input_type === "number" || spec.values.includes(value)))
      kept[spec.id] = value;
  }
  const fields: Fields = { label: [state.label, label.id] };
  for (const [id, value] of Object.entries(record.attributes)) fields[`attributes.${id}`] = [value, null];
  const own = defaults(label, (spec) => record.kind !== "track" || !spec.mutable, kept);
  for (const [id, value] of Object.entries(own)) fields[`attributes.${id}`] = [record.attributes[Number(id)] ?? null, value];
  if (record.kind === "track") {
    const mutable = defaults(label, (spec) => spec.mutable, kept);
    Object.keys(record.keyframes).forEach((frame, index) => {
      const keyframe = record.keyframes[Number(frame)] as Keyframe;
      fields[`keyframes.${frame}`] = [keyframe, { ...keyframe, attributes: index === 0 ? mutable : {} }];
    });
  }
  return update(state.id, withSource(state, fields));
}

/** A mutable attribute of a track is set from this frame on, anything else for the whole object. */
export function setAttribute(document: JobDocument, state: ObjectState, spec: AttributeSpec, value: string): Edit {
  if (state.kind === "track" && spec.mutable) {
    const present = trackOf(document, state).keyframes[state.frame];
    return keyframeEdit(document, state, { attributes: { ...present?.attributes, [spec.id]: value } });
  }
  const record = document.get(state.id);
  return update(state.id, withSource(state, { [`attributes.${spec.id}`]: [record?.attributes[spec.id] ?? null, value] }));
}

/** Make a keyframe here, or take it away; null if it is the only one. */
export function toggleKeyframe(document: JobDocument, state: ObjectState): Edit | null {
  const track = trackOf(document, state);
  const present = track.keyframes[state.frame];
  if (!present) return keyframeEdit(document, state, {});
  if (Object.keys(track.keyframes).length === 1) return null;
  return update(state.id, { [`keyframes.${state.frame}`]: [present, null] });
}

// -- whole objects ------------------------------------------------------------------------------------------------------------------

export function removeObjects(ids: readonly number[]): Edit {
  return { removed: ids };
}

/** Copies of objects on a frame: shapes stay shapes, a track becomes a track that begins here. */
export function pasteObjects(document: JobDocument, states: readonly ObjectState[], frame: number, shift = 0): Edit {
  const added = states.map((state): AnnotationRecord => {
    const id = document.nextId();
    const common = { id, label: state.label, group: 0, source: "manual" as const, score: 1 };
    if (state.kind === "tag") return { ...common, kind: "tag", frame, attributes: state.attributes };
    const points = state.type === "mask" ? state.points : state.points.map((value) => value + shift);
    const pose = { points, rotation: state.rotation, occluded: state.occluded, outside: false, z_order: state.z_order };
    const elements = state.elements.map((element) => ({ ...element, id: document.nextId() }));
    if (state.kind === "shape")
      return { ...common, ...pose, kind: "shape", frame, type: state.type, attributes: state.attributes, elements };
    return {
      ...common,
      kind: "track",
      type: state.type,
      attributes: state.attributes,
      keyframes: { [frame]: { ...pose, attributes: {} } },
      elements: elements.map(({ id: jointId, label, type, attributes, ...joint }) => ({
        id: jointId,
        label,
        type,
        attributes,
        keyframes: { [frame]: { ...joint, z_order: state.z_order, attributes: {} } },
      })),
    };
  });
  return { added };
}

/** Values of mutable attributes that are pasted into a track belong to its first keyframe. */
export function splitAttributes(edit: Edit, labelOf: (id: number) => LabelSpec | undefined): Edit {
  const added = (edit.added ?? []).map((record) => {
    if (record.kind !== "track") return record;
    const mutable = new Set(labelOf(record.label)?.attributes.flatMap((spec) => (spec.mutable ? spec.id : [])) ?? []);
    const entries = Object.entries(record.attributes);
    const first = Math.min(...Object.keys(record.keyframes).map(Number));
    const keyframe = record.keyframes[first] as Keyframe;
    const moved = Object.fromEntries(entries.filter(([id]) => mutable.has(Number(id))));
    return {
      ...record,
      attributes: Object.fromEntries(entries.filter(([id]) => !mutable.has(Number(id)))),
      keyframes: { ...record.keyframes, [first]: { ...keyframe, attributes: { ...moved, ...keyframe.attributes } } },
    };
  });
  return { ...edit, added };
}

/** Whether an object exists (though perhaps outside) on a frame of its track. */
export function existsOn(track: TrackRecord, frame: number): boolean {
  return trackStateAt(track.type, track.keyframes, frame) !== null;
}
