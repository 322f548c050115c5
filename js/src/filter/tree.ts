/**
 * A filter as the builder shows it, groups of rules, and the JSON logic that means the same, both ways. JSON logic is written
 * as CVAT writes it, so that filters can be carried over.
 *
 * Twin of cvat_widgets/model/filter_tree.py; both pass tests/golden/filters.json.
 */

import { messageOf } from "../words";

/** `{"and": [{"==": [{"var": "label"}, "car"]}, …]}` */
export type JsonLogic = Readonly<Record<string, unknown>>;
export type Scalar = string | number | boolean;

export const OPERATORS = [
  "==",
  "!=",
  ">",
  ">=",
  "<",
  "<=",
  "any_in",
  "not_in",
  "is_empty",
  "is_not_empty",
  "between",
  "not_between",
  "like",
  "starts_with",
  "ends_with",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** Operators that are the negation of another one. */
export const OPPOSITES: Partial<Record<Operator, Operator>> = {
  "!=": "==",
  not_in: "any_in",
  not_between: "between",
  is_empty: "is_not_empty",
};

/** A property to compare with, in the place of a value. */
export interface PropertyRef {
  readonly property: string;
}
export type Operand = Scalar | PropertyRef;

export interface Rule {
  readonly kind: "rule";
  readonly property: string;
  readonly operator: Operator;
  /** One; two for `between`; any number for `any_in`; none for `is_empty`. */
  readonly values: readonly Operand[];
}

export interface Group {
  readonly kind: "group";
  readonly conjunction: "and" | "or";
  readonly not: boolean;
  readonly children: readonly FilterNode[];
}

export type FilterNode = Rule | Group;

/** What is wrong with a filter, in words for the person who wrote it. */
export class FilterError extends Error {}

export const EMPTY_GROUP: Group = { kind: "group", conjunction: "and", not: false, children: [] };

const MAX_DEPTH = 16;
const MAX_NODES = 500;
const MAX_VALUES = 1000;
const MAX_TEXT = 4096;
const MAX_NUMBER = 1e15;

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", ">=", "<", "<="]);
const TEXT_TESTS: Readonly<Record<string, Operator>> = {
  startsWith: "starts_with",
  starts_with: "starts_with",
  endsWith: "ends_with",
  ends_with: "ends_with",
};
const NEGATED: Partial<Record<Operator, Operator>> = { any_in: "not_in", between: "not_between" };

export function isRef(value: Operand): value is PropertyRef {
  return typeof value === "object";
}

/** How many values a rule with this operator has; null: one or more. */
export function valueCount(operator: Operator): 0 | 1 | 2 | null {
  if (operator === "is_empty" || operator === "is_not_empty") return 0;
  if (operator === "between" || operator === "not_between") return 2;
  return operator === "any_in" || operator === "not_in" ? null : 1;
}

/* JSON logic to tree */

/** JSON text as a tree; throws FilterError. */
export function parseText(text: string): Group {
  let logic: unknown;
  try {
    logic = JSON.parse(text);
  } catch (error) {
    throw new FilterError(`This is not JSON: ${messageOf(error)}`);
  }
  return fromLogic(logic);
}

/** JSON logic as a tree whose root is a group; throws FilterError for everything outside the operators of filters. */
export function fromLogic(logic: unknown): Group {
  const node = parse(logic, 0, { left: MAX_NODES });
  return node.kind === "group" ? node : { ...EMPTY_GROUP, children: [node] };
}

function parse(logic: unknown, depth: number, budget: { left: number }): FilterNode {
  if (depth > MAX_DEPTH) throw new FilterError(`Groups are nested more than ${MAX_DEPTH} deep.`);
  if (budget.left-- <= 0) throw new FilterError(`A filter has at most ${MAX_NODES} rules and groups.`);
  const [operator, value] = entryOf(logic);
  if (operator === "and" || operator === "or") {
    if (!Array.isArray(value) || value.length === 0) throw new FilterError(`"${operator}" needs a list of rules.`);
    const children = value.map((each) => parse(each, depth + 1, budget));
    return { kind: "group", conjunction: operator, not: false, children };
  }
  if (operator === "!") return negated(only(value), depth, budget);
  if (operator === "!!") return rule(variable(only(value)), "is_not_empty", []);
  if (operator === "in") return membership(pair(operator, value));
  const textTest = Object.hasOwn(TEXT_TESTS, operator) ? TEXT_TESTS[operator] : undefined;
  if (textTest) {
    const [left, right] = pair(operator, value);
    return rule(variable(left), textTest, [text(operator, right)]);
  }
  if (operator === "<=" && Array.isArray(value) && value.length === 3)
    return rule(variable(value[1]), "between", [number("between", value[0]), number("between", value[2])]);
  if (COMPARISONS.has(operator)) return comparison(operator as Operator, pair(operator, value));
  throw new FilterError(`"${operator.slice(0, 40)}" is not an operator of filters.`);
}

function entryOf(logic: unknown): readonly [operator: string, value: unknown] {
  if (typeof logic !== "object" || logic === null || Array.isArray(logic))
    throw new FilterError(`A rule is an object such as {"==": [{"var": "label"}, "car"]}.`);
  const [entry, ...more] = Object.entries(logic);
  if (!entry || more.length > 0) throw new FilterError("A rule has exactly one operator.");
  return entry;
}

function negated(inner: unknown, depth: number, budget: { left: number }): FilterNode {
  if (isVariable(inner)) return rule(variable(inner), "is_empty", []);
  const node = parse(inner, depth + 1, budget);
  if (node.kind === "rule") {
    const opposite = NEGATED[node.operator];
    return opposite ? { ...node, operator: opposite } : { ...EMPTY_GROUP, not: true, children: [node] };
  }
  return node.not ? { ...EMPTY_GROUP, not: true, children: [node] } : { ...node, not: true };
}

function membership([left, right]: readonly [unknown, unknown]): Rule {
  if (!isVariable(left)) return rule(variable(right), "like", [text("in", left)]);
  if (!Array.isArray(right) || right.length === 0 || right.length > MAX_VALUES)
    throw new FilterError(`"in" needs a list of 1 to ${MAX_VALUES} values.`);
  return rule(variable(left), "any_in", right.map(scalar));
}

function comparison(operator: Operator, [left, right]: readonly [unknown, unknown]): Rule {
  const equality = operator === "==" || operator === "!=";
  if (equality && right === null) return rule(variable(left), operator === "==" ? "is_empty" : "is_not_empty", []);
  if (isVariable(right)) return rule(variable(left), operator, [{ property: variable(right) }]);
  return rule(variable(left), operator, [equality ? scalar(right) : number(operator, right)]);
}

function rule(property: string, operator: Operator, values: readonly Operand[]): Rule {
  return { kind: "rule", property, operator, values };
}

function only(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (value.length !== 1) throw new FilterError("A negation has exactly one rule.");
  return value[0];
}

function pair(operator: string, value: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw new FilterError(`"${operator}" needs a property and a value.`);
  return [value[0], value[1]];
}

function isVariable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, "var");
}

function variable(value: unknown): string {
  const name = isVariable(value) && Object.keys(value as object).length === 1 ? (value as { var: unknown }).var : undefined;
  if (typeof name !== "string" || name === "" || name.length > MAX_TEXT)
    throw new FilterError(`A rule names its property first, as {"var": "label"}.`);
  return name;
}

function scalar(value: unknown): Scalar {
  if (typeof value === "boolean") return value;
  return typeof value === "number" ? number("A value", value) : text("A value", value);
}

function number(what: string, value: unknown): number {
  if (typeof value !== "number" || !(Math.abs(value) <= MAX_NUMBER)) throw new FilterError(`${what} needs a number.`);
  return value;
}

function text(what: string, value: unknown): string {
  if (typeof value !== "string" || value.length > MAX_TEXT || /[\uD800-\uDFFF]/u.test(value))
    throw new FilterError(`${what} needs a text of at most ${MAX_TEXT} characters.`);
  return value;
}

/* Tree to JSON logic */

/** Whether a rule has all its values; those that lack one are left out of the JSON logic. */
export function isComplete(rule: Rule): boolean {
  const count = valueCount(rule.operator);
  // NaN stands for a number that is not written yet.
  return !rule.values.some(Number.isNaN) && (count === null ? rule.values.length > 0 : rule.values.length === count);
}

/** A tree as JSON logic; null if it has no complete rule. */
export function toLogic(node: FilterNode): JsonLogic | null {
  if (node.kind === "rule") return isComplete(node) ? ruleLogic(node) : null;
  const children = node.children.flatMap((child) => toLogic(child) ?? []);
  if (children.length === 0) return null;
  const logic = { [node.conjunction]: children };
  return node.not ? { "!": logic } : logic;
}

function ruleLogic({ property, operator, values }: Rule): JsonLogic {
  const variable = { var: property };
  const operands = values.map((value) => (isRef(value) ? { var: value.property } : value));
  switch (operator) {
    case "is_empty":
      return { "!": variable };
    case "is_not_empty":
      return { "!!": variable };
    case "any_in":
      return { in: [variable, operands] };
    case "not_in":
      return { "!": { in: [variable, operands] } };
    case "between":
      return { "<=": [operands[0], variable, operands[1]] };
    case "not_between":
      return { "!": { "<=": [operands[0], variable, operands[1]] } };
    case "like":
      return { in: [operands[0], variable] };
    case "starts_with":
      return { startsWith: [variable, operands[0]] };
    case "ends_with":
      return { endsWith: [variable, operands[0]] };
    default:
      return { [operator]: [variable, operands[0]] };
  }
}

/* Editing: a node is named by the positions on the way to it */

export type Path = readonly number[];

/** The tree with the node at a path replaced; null takes it out. */
export function withNode(group: Group, path: Path, node: FilterNode | null): Group {
  const [index, ...rest] = path;
  if (index === undefined) return node?.kind === "group" ? node : EMPTY_GROUP;
  const child = group.children[index];
  if (!child) return group;
  const next = rest.length > 0 ? (child.kind === "group" ? withNode(child, rest, node) : child) : node;
  const children = next
    ? group.children.map((each, at) => (at === index ? next : each))
    : group.children.filter((_, at) => at !== index);
  return { ...group, children };
}
