import { readFileSync } from "node:fs";
import type { AnnotationRecord, LabelSpec, ObjectState } from "../../src/document/records";
import { stateOn } from "../../src/document/states";
import type { JsonLogic } from "../../src/filter/tree";

interface Golden {
  readonly frame: number;
  readonly labels: readonly LabelSpec[];
  readonly records: readonly AnnotationRecord[];
  readonly cases: readonly {
    readonly name: string;
    readonly logic: JsonLogic;
    readonly query: string | null;
    readonly matches: readonly number[];
  }[];
  readonly refused: readonly { readonly name: string; readonly logic: unknown }[];
}

export const golden = JSON.parse(readFileSync("tests/golden/filters.json", "utf8")) as Golden;

/** The objects on the frame of the golden values. */
export const states: readonly ObjectState[] = golden.records.flatMap((record) => {
  const state = stateOn(record, golden.frame);
  return state && !(state.kind === "track" && state.outside) ? state : [];
});
