/** Objects made into masks, polygons and rectangles: label, attributes, layer and group stay, and it is one step to undo. */
import { mergeEdits, sourceAfterEdit } from "../document/edits";
import type { AnnotationRecord, Edit, FieldChange, Keyframe, ObjectState, ShapeRecord, TrackRecord } from "../document/records";
import type { Editor } from "../editor";
import { type Convertible, type Outlined, toMask, toPolygons, toRectangle } from "../geometry/convert";
import { EMPTY_EDGES } from "../shapes/kind";
import { plural } from "../tools/commit";
import { refusal } from "../tools/rules";
import { canConvert } from "./convertible";

/** New points, the first ones for the object itself; or why there are none, in words. */
type Made = readonly number[][] | string;

/** Convert what can be converted, as one change; say why the rest cannot. */
export function convert(editor: Editor, states: readonly ObjectState[], to: Convertible): void {
  const edits: Edit[] = [];
  const changed: ObjectState[] = [];
  const reasons: string[] = [];
  for (const state of states) {
    if (state.type === to) continue;
    const result = conversion(editor, state, to);
    if (typeof result === "string") {
      reasons.push(result);
      continue;
    }
    edits.push(result);
    changed.push(state);
  }
  const [reason, ...more] = reasons;
  if (reason) editor.toast("warning", more.length > 0 ? `${reason} (and ${more.length} more)` : reason);
  const [first] = changed;
  if (!first) return;
  const edit = mergeEdits(...edits);
  const what = changed.length === 1 ? editor.nameOf(first) : `${changed.length} objects`;
  editor.commit(`Make ${what} a ${to}`, edit);
  const made = (edit.added ?? []).map(({ id }) => id);
  editor.selection.value = [...changed.map(({ id }) => id), ...made];
  editor.announce(`${what}: ${to}${made.length > 0 ? `, in ${made.length + changed.length} parts` : ""}`);
}

function conversion(editor: Editor, state: ObjectState, to: Convertible): Edit | string {
  const name = editor.nameOf(state);
  const label = editor.labelOf(state.label);
  if (!canConvert(state, to)) return `${name} is a ${state.type}: it cannot become a ${to}.`;
  if (editor.isLocked(state.id)) return `${name} is locked. Unlock it with L.`;
  if (label && label.type !== "any" && label.type !== to)
    return `Label "${label.name}" is for ${plural(label.type)}, not ${plural(to)}.`;
  const record = editor.document.get(state.id);
  if (record?.kind === "track") return trackConversion(editor, record, state, to);
  if (record?.kind !== "shape") return `${name} is gone.`;
  const made = make(editor, name, record, record.frame, to);
  return typeof made === "string" ? made : shapeConversion(editor, record, made, to);
}

function make(editor: Editor, name: string, shape: Outlined, frame: number, to: Convertible): Made {
  if (to === "mask") {
    const points = toMask(shape, editor.frames.sizeOf(frame));
    return points ? [points] : `${name} covers no pixel of the picture: it cannot become a mask.`;
  }
  if (to === "rectangle") {
    const points = toRectangle(shape);
    const reason = points && refusal({ type: to, points, rotation: 0, edges: EMPTY_EDGES });
    return points && !reason ? [points] : (reason ?? `${name} is empty.`);
  }
  // A polygon of a few pixels is smaller than one that is drawn may be; but it is what the mask is.
  const polygons = toPolygons(shape);
  return polygons.length > 0 ? polygons : `${name} is empty.`;
}

function shapeConversion(editor: Editor, record: ShapeRecord, made: readonly number[][], type: Convertible): Edit {
  const [points, ...others] = made;
  const source = sourceAfterEdit(record.source);
  // Parts of one object stay together as a group.
  const group = others.length > 0 && record.group === 0 ? freeGroup(editor) : record.group;
  const fields: Record<string, FieldChange> = { type: [record.type, type], points: [record.points, points] };
  if (record.rotation !== 0) fields.rotation = [record.rotation, 0];
  if (source !== record.source) fields.source = [record.source, source];
  if (group !== record.group) fields.group = [record.group, group];
  const added = others.map((part): AnnotationRecord => {
    return { ...record, id: editor.document.nextId(), type, points: part, rotation: 0, source, group };
  });
  return { updated: { [record.id]: fields }, added };
}

/** Every keyframe of a track is converted; a track has one shape a frame, so none of them may fall apart. */
function trackConversion(editor: Editor, track: TrackRecord, state: ObjectState, type: Convertible): Edit | string {
  const name = editor.nameOf(state);
  const fields: Record<string, FieldChange> = { type: [track.type, type] };
  for (const [key, keyframe] of Object.entries<Keyframe>(track.keyframes)) {
    const frame = Number(key);
    const made = make(editor, name, { ...keyframe, type: track.type }, frame, type);
    if (typeof made === "string") return `Frame ${frame}: ${made}`;
    if (made.length > 1)
      return `On frame ${frame}, ${name} has ${made.length} separate parts, and a track of polygons has one: join or erase them first.`;
    fields[`keyframes.${frame}`] = [keyframe, { ...keyframe, points: made[0], rotation: 0 }];
  }
  const source = sourceAfterEdit(track.source);
  if (source !== track.source) fields.source = [track.source, source];
  if (type === "mask" && Object.keys(track.keyframes).length > 1)
    editor.toast("info", `${name} no longer moves between its keyframes: a mask stays until the next one.`);
  return { updated: { [track.id]: fields } };
}

function freeGroup(editor: Editor): number {
  let group = 0;
  for (const record of editor.document.all()) group = Math.max(group, record.group);
  return group + 1;
}
