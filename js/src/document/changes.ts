/** Edits applied to records. Twin of cvat_widgets/model/changes.py, which lists the paths; both pass tests/golden/changes.json. */
import type { AnnotationRecord, Edit, FieldChange } from "./records";

const PLAIN: Readonly<Record<AnnotationRecord["kind"], ReadonlySet<string>>> = {
  shape: new Set([
    "frame",
    "label",
    "type",
    "points",
    "rotation",
    "occluded",
    "outside",
    "z_order",
    "group",
    "source",
    "score",
  ]),
  tag: new Set(["frame", "label", "group", "source", "score"]),
  track: new Set(["label", "type", "group", "source", "score"]),
};

type Plain = Readonly<Record<string, unknown>>;
type Item = Plain & { readonly id: number };

export class UnknownFieldError extends Error {}

/** The present value of a field, null where nothing is set. */
export function readField(record: AnnotationRecord, path: string): unknown {
  const [head = "", key, inner, frame] = path.split(".");
  const plain = record as unknown as Plain;
  if (key === undefined) {
    if (PLAIN[record.kind].has(head)) return plain[head] ?? null;
  } else if (head === "attributes" || (head === "keyframes" && record.kind === "track")) {
    return (plain[head] as Plain)[key] ?? null;
  } else if (head === "elements" && record.kind !== "tag") {
    const element = (plain[head] as readonly Item[]).find((item) => item.id === Number(key)) ?? null;
    if (inner === undefined) return element;
    if (inner === "keyframes" && frame !== undefined && record.kind === "track")
      return element ? ((element.keyframes as Plain)[frame] ?? null) : null;
  }
  throw new UnknownFieldError(`A ${record.kind} has no field "${path}".`);
}

/** The record with fields set to new values; null removes a keyed entry. */
export function applyFields(record: AnnotationRecord, values: Readonly<Record<string, unknown>>): AnnotationRecord {
  let changed = record as unknown as Plain;
  for (const [path, value] of Object.entries(values)) {
    readField(record, path);
    const [head = "", key, , frame] = path.split(".");
    if (key === undefined) changed = { ...changed, [head]: value };
    else if (head === "elements") changed = { ...changed, elements: withElement(changed, Number(key), frame, value) };
    else changed = { ...changed, [head]: withEntry(changed[head] as Plain, key, value) };
  }
  return changed as unknown as AnnotationRecord;
}

function withEntry(entries: Plain, key: string, value: unknown): Plain {
  if (value !== null) return { ...entries, [key]: value };
  const { [key]: _gone, ...rest } = entries;
  return rest;
}

function withElement(record: Plain, id: number, frame: string | undefined, value: unknown): readonly unknown[] {
  const elements = record.elements as readonly Item[];
  const present = elements.find((item) => item.id === id);
  let next = value;
  if (frame !== undefined) {
    if (!present) return elements;
    next = { ...present, keyframes: withEntry(present.keyframes as Plain, frame, value) };
  }
  if (!present) return next === null ? elements : [...elements, next];
  return elements.flatMap((item) => (item !== present ? [item] : next === null ? [] : [next]));
}

/** What takes an edit back, given the records as they are before it. */
export function invertEdit(edit: Edit, records: ReadonlyMap<number, AnnotationRecord>): Edit {
  const updated: Record<number, Record<string, FieldChange>> = {};
  for (const [id, fields] of Object.entries(edit.updated ?? {})) {
    const record = records.get(Number(id));
    if (!record) continue;
    const turned: Record<string, FieldChange> = {};
    for (const [path, [, to]] of Object.entries(fields)) turned[path] = [to, readField(record, path)];
    updated[Number(id)] = turned;
  }
  return {
    added: (edit.removed ?? []).flatMap((id) => records.get(id) ?? []),
    updated,
    removed: (edit.added ?? []).map((record) => record.id),
  };
}

/** Make an edit in place; fields of records that are gone are skipped. Returns the ids that changed. */
export function applyEdit(records: Map<number, AnnotationRecord>, edit: Edit): Set<number> {
  const touched = new Set<number>();
  for (const id of edit.removed ?? []) if (records.delete(id)) touched.add(id);
  for (const [key, fields] of Object.entries(edit.updated ?? {})) {
    const id = Number(key);
    const record = records.get(id);
    if (!record) continue;
    const values = Object.fromEntries(Object.entries(fields).map(([path, [, to]]) => [path, to]));
    records.set(id, applyFields(record, values));
    touched.add(id);
  }
  for (const record of edit.added ?? []) {
    records.set(record.id, record);
    touched.add(record.id);
  }
  return touched;
}
