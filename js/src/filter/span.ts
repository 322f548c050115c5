/** What width, height and rotation of a track lie between on a stretch without keyframes. */
import type { ObjectState } from "../document/records";
import { propertyOf } from "./properties";
import type { Operator } from "./tree";

type Range = readonly [low: number, high: number];
/** By the name of the property; what is missing may be anything. */
export type Span = Readonly<Record<string, Range>>;

const ANYTHING: Span = {};
/** Interpolated numbers may be rounded. */
const SLACK = 1e-6;

/** Boxes that do not turn grow linearly, so their sizes lie between those at both ends; of other shapes nothing is said. */
export function spanBetween(near: ObjectState, far: ObjectState | null): Span {
  if (!far || near.type !== "rectangle" || near.rotation !== far.rotation || !isUpright(near) || !isUpright(far))
    return ANYTHING;
  const range = (name: string): Range => {
    const ends = [near, far].map((state) => Number(propertyOf(name, []).read(state)));
    return [Math.min(...ends) - SLACK, Math.max(...ends) + SLACK];
  };
  return { width: range("width"), height: range("height"), rotation: range("rotation") };
}

function isUpright({ points: [x0 = 0, y0 = 0, x1 = 0, y1 = 0] }: ObjectState): boolean {
  return x0 <= x1 && y0 <= y1;
}

/** Whether every number of a range passes a test (true), none does (false), or some may (null). */
export function compareRange(operator: Operator, [low, high]: Range, values: readonly number[]): boolean | null {
  const [first = 0, second = first] = values;
  switch (operator) {
    case ">":
    case ">=":
      return low > first ? true : high < first ? false : null;
    case "<":
    case "<=":
      return high < first ? true : low > first ? false : null;
    case "between":
      return high < first || low > second ? false : low > first && high < second ? true : null;
    case "is_not_empty":
      return true;
    default:
      return values.every((value) => value < low || value > high) ? false : null;
  }
}
