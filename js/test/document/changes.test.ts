import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyEdit, applyFields, invertEdit, readField, UnknownFieldError } from "../../src/document/changes";
import type { AnnotationRecord, Edit } from "../../src/document/records";

interface Case {
  readonly name: string;
  readonly record: AnnotationRecord;
  readonly set: Record<string, unknown>;
  readonly before: Record<string, unknown>;
  readonly after: AnnotationRecord;
}

const golden = JSON.parse(readFileSync("tests/golden/changes.json", "utf8")) as {
  changes: Case[];
  unknown: [AnnotationRecord["kind"], string][];
};

describe("changes", () => {
  it.each(golden.changes.map((each) => [each.name, each] as const))("%s", (_name, { record, set, before, after }) => {
    expect(Object.fromEntries(Object.keys(set).map((path) => [path, readField(record, path)]))).toEqual(before);
    const changed = applyFields(record, set);
    expect(changed).toEqual(after);
    expect(applyFields(changed, before)).toEqual(record);
    const edit: Edit = {
      updated: { [record.id]: Object.fromEntries(Object.entries(set).map(([path, to]) => [path, [null, to]])) },
    };
    const records = new Map([[record.id, record]]);
    const inverse = invertEdit(edit, records);
    applyEdit(records, edit);
    expect(records.get(record.id)).toEqual(after);
    applyEdit(records, inverse);
    expect(records.get(record.id)).toEqual(record);
  });

  it.each(golden.unknown)("a %s has no field %s", (kind, path) => {
    const record = golden.changes.find((each) => each.record.kind === kind)?.record as AnnotationRecord;
    expect(() => readField(record, path)).toThrow(UnknownFieldError);
  });
});
