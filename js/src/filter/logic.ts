/** JSON logic applied to objects. Nothing but the operators of filters is known here, and nothing is ever run as code. */
import type { LabelSpec, ObjectState } from "../document/records";
import { checkedProperty, propertyOf } from "./properties";
import { compareRange, type Span, spanBetween } from "./span";
import {
  FilterError,
  type FilterNode,
  fromLogic,
  type Group,
  isRef,
  type JsonLogic,
  OPPOSITES,
  type Operator,
  type Rule,
  type Scalar,
} from "./tree";

export interface Matcher {
  readonly test: (state: ObjectState) => boolean;
  /** Whether a track can match between two keyframes; `far` is how it looks at the other end. */
  readonly possible: (near: ObjectState, far: ObjectState | null) => boolean;
  /** Whether the filter asks for what changes between keyframes. */
  readonly varying: boolean;
}

/** True, false, or null where that depends on the values that change between keyframes; `span`: what they lie between. */
type Test = (state: ObjectState, span: Span | null) => boolean | null;

type Compare = (left: Scalar, right: readonly Scalar[]) => boolean;

const COMPARE: Partial<Record<Operator, Compare>> = {
  "==": (left, [right]) => left === right,
  ">": (left, [right]) => left > (right as Scalar),
  ">=": (left, [right]) => left >= (right as Scalar),
  "<": (left, [right]) => left < (right as Scalar),
  "<=": (left, [right]) => left <= (right as Scalar),
  any_in: (left, right) => right.includes(left),
  between: (left, [low, high]) => left >= (low as Scalar) && left <= (high as Scalar),
  is_not_empty: (left) => left !== "",
  like: (left, [right]) => String(left).includes(String(right)),
  starts_with: (left, [right]) => String(left).startsWith(String(right)),
  ends_with: (left, [right]) => String(left).endsWith(String(right)),
};

/** JSON logic as a test of objects; throws FilterError if it is not a filter or does not fit the labels. */
export function matcherOf(logic: unknown, labels: readonly LabelSpec[]): Matcher {
  return matcherOfTree(fromLogic(logic), labels);
}

export function matcherOfTree(tree: Group, labels: readonly LabelSpec[]): Matcher {
  const test = nodeTest(tree, labels);
  return {
    test: (state) => test(state, null) === true,
    possible: (near, far) => test(near, spanBetween(near, far)) !== false,
    varying: isVarying(tree, labels),
  };
}

/** The filter of a view: as a test that remembers its answers, or what is wrong with it. Labels may change under a filter. */
export function readFilter(
  logic: JsonLogic | null,
  labels: readonly LabelSpec[],
): { readonly matcher: Matcher | null; readonly problem: string | null } {
  if (!logic) return { matcher: null, problem: null };
  try {
    const matcher = matcherOf(logic, labels);
    // Objects that did not change keep their identity, so a gesture asks only for those it touches.
    const known = new WeakMap<ObjectState, boolean>();
    const test = (state: ObjectState): boolean => {
      let found = known.get(state);
      if (found === undefined) {
        found = matcher.test(state);
        known.set(state, found);
      }
      return found;
    };
    return { matcher: { ...matcher, test }, problem: null };
  } catch (error) {
    if (error instanceof FilterError) return { matcher: null, problem: error.message };
    throw error;
  }
}

function nodeTest(node: FilterNode, labels: readonly LabelSpec[]): Test {
  if (node.kind === "rule") return ruleTest(node, labels);
  const tests = node.children.map((child) => nodeTest(child, labels));
  // What decides alone: a false in "and", a true in "or".
  const deciding = node.conjunction === "or";
  return (state, span) => {
    let result: boolean | null = !deciding;
    for (const test of tests) {
      const found = test(state, span);
      if (found === deciding) {
        result = deciding;
        break;
      }
      if (found === null) result = null;
    }
    return node.not && result !== null ? !result : result;
  };
}

/** A comparison with what an object does not have is false; "not equal" and the like are the negation of their opposites. */
function ruleTest(rule: Rule, labels: readonly LabelSpec[]): Test {
  const property = checkedProperty(rule, labels);
  const positive = OPPOSITES[rule.operator] ?? rule.operator;
  const negative = positive !== rule.operator;
  const compare = COMPARE[positive] as Compare;
  const others = rule.values.map((value) => (isRef(value) ? propertyOf(value.property, labels) : value));
  const constants = others.every((other) => typeof other !== "object") ? (others as Scalar[]) : null;
  const varying = isVarying(rule, labels);
  return (state, span) => {
    if (varying && span) {
      const range = constants && property.varying ? span[property.name] : undefined;
      const found = range ? compareRange(positive, range, constants as number[]) : null;
      return found === null ? null : found !== negative;
    }
    const left = property.read(state);
    if (left === null) return negative;
    if (constants) return compare(left, constants) !== negative;
    const right = others.map((other) => (typeof other === "object" ? other.read(state) : other));
    return (right.every((each) => each !== null) && compare(left, right as Scalar[])) !== negative;
  };
}

function isVarying(node: FilterNode, labels: readonly LabelSpec[]): boolean {
  if (node.kind === "group") return node.children.some((child) => isVarying(child, labels));
  const names = [node.property, ...node.values.flatMap((value) => (isRef(value) ? value.property : []))];
  return names.some((name) => propertyOf(name, labels).varying);
}
