import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyEdit } from "../../src/document/changes";
import { groupObjects } from "../../src/document/grouping";
import { mergeObjects, propagate, removeInRange, splitTrack } from "../../src/document/operations";
import type { AnnotationRecord, Edit, LabelSpec } from "../../src/document/records";
import { Refusal } from "../../src/document/refusal";

interface Case {
  readonly name: string;
  readonly operation: string;
  readonly records: AnnotationRecord[];
  readonly ids: number[];
  readonly parameters: {
    readonly frame: number;
    readonly frames: number[];
    readonly start: number;
    readonly stop: number;
    readonly keyframes_only?: boolean;
  };
  readonly expected?: AnnotationRecord[];
  readonly refusal?: string;
}

const golden = JSON.parse(readFileSync("tests/golden/operations.json", "utf8")) as {
  labels: LabelSpec[];
  stop: number;
  first_id: number;
  cases: Case[];
};

const labelOf = (id: number): LabelSpec | undefined =>
  golden.labels.flatMap((label) => [label, ...label.sublabels]).find((label) => label.id === id);

/** Records with the ids that an operation may give out, as the job's document has them. */
function documentOf(records: readonly AnnotationRecord[]) {
  const byId = new Map(records.map((record) => [record.id, record]));
  let next = golden.first_id;
  return {
    get: (id: number) => byId.get(id),
    all: () => byId.values(),
    nextId: () => next++,
    after(edit: Edit): AnnotationRecord[] {
      applyEdit(byId, edit);
      return [...byId.values()].sort((a, b) => a.id - b.id);
    },
  };
}

function run(each: Case, document: ReturnType<typeof documentOf>): Edit | Refusal {
  const { ids, parameters } = each;
  if (each.operation === "merge") return mergeObjects(document, ids, labelOf, golden.stop);
  if (each.operation === "split") return splitTrack(document, ids[0] as number, parameters.frame);
  if (each.operation === "propagate") return propagate(document, ids, parameters.frame, parameters.frames);
  if (each.operation === "remove_in_range")
    return removeInRange(document.all(), parameters.start, parameters.stop, Boolean(parameters.keyframes_only));
  return groupObjects(document, ids, each.operation === "group");
}

const OWN = new Set(["merge", "split", "propagate", "remove_in_range", "group", "ungroup"]);
const cases = golden.cases.filter(({ operation }) => OWN.has(operation));

describe("operations equal those of the kernel", () => {
  it.each(cases.map((each) => [`${each.operation}: ${each.name}`, each] as const))("%s", (_name, each) => {
    const document = documentOf(each.records);
    const result = run(each, document);
    if (each.refusal) {
      expect(result).toBeInstanceOf(Refusal);
      expect((result as Refusal).key).toBe(each.refusal);
      return;
    }
    if (result instanceof Refusal) throw new Error(`refused: ${result.reason}`);
    expect(document.after(result)).toEqual([...(each.expected ?? [])].sort((a, b) => a.id - b.id));
  });
});
