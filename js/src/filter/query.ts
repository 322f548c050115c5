/**
 * A filter as a query of pandas, over the columns of the DataFrame and `width` and `height`, which `filter()` adds.
 *
 * An attribute is missing from objects of other labels, and the columns then hold `<NA>`: rules of attributes therefore name the label,
 * and under a negation they say that there is a value, since "not <NA>" is not true. Twin of cvat_widgets/model/filter_query.py.
 */
import type { LabelSpec } from "../document/records";
import { checkedProperty, DRAWN_TYPES, KINDS, type Property, type PropertyType, propertyOf } from "./properties";
import { FilterError, type FilterNode, type Group, isRef, OPPOSITES, type Operator, type Rule, type Scalar } from "./tree";

interface Query {
  readonly text: string;
  /** Made of several parts: it needs parentheses inside of something larger. */
  readonly joined: boolean;
}

const TEXT_METHODS: Partial<Record<Operator, (value: string) => string>> = {
  like: (value) => `.str.contains(${value}, regex=False)`,
  starts_with: (value) => `.str.startswith(${value})`,
  ends_with: (value) => `.str.endswith(${value})`,
};

/** The query of a tree; throws FilterError if the columns cannot express it. */
export function toQuery(tree: Group, labels: readonly LabelSpec[]): string {
  return nodeQuery(tree, labels, false).text;
}

function nodeQuery(node: FilterNode, labels: readonly LabelSpec[], negated: boolean): Query {
  if (node.kind === "rule") return ruleQuery(node, labels, negated);
  const parts = node.children.map((child) => nodeQuery(child, labels, negated || node.not));
  return node.not ? not(joined(parts, node.conjunction)) : joined(parts, node.conjunction);
}

function joined(parts: readonly Query[], conjunction: "and" | "or"): Query {
  if (parts.length === 1) return parts[0] as Query;
  const texts = parts.map(({ text, joined }) => (joined ? `(${text})` : text));
  return { text: texts.join(` ${conjunction} `), joined: true };
}

const single = (text: string): Query => ({ text, joined: false });
const not = ({ text }: Query): Query => single(`not (${text})`);

function ruleQuery(rule: Rule, labels: readonly LabelSpec[], negated: boolean): Query {
  const property = checkedProperty(rule, labels);
  const { operator } = rule;
  if (property.name === "type") return kindQuery(chosen(rule, KINDS));
  if (property.name === "shape") return shapeQuery(rule);
  const refs = rule.values.flatMap((value) => (isRef(value) ? propertyOf(value.property, labels) : []));
  for (const each of [property, ...refs]) checkColumn(each, labels);
  const attributes = [property, ...refs].filter((each) => each.label !== null);
  if (attributes.length === 0) return plainQuery(rule, columnOf(property), property.type, refs);
  // Rules that are negations become the negation of their opposites, so that objects of other labels match them.
  const positive = OPPOSITES[operator] ?? operator;
  const reversed = positive !== operator;
  const guards = attributes.map((each) => `label == ${literal(each.label as string)}`);
  const settled = positive === "is_not_empty" || !(negated || reversed);
  if (!settled) guards.push(...attributes.map((each) => `${columnOf(each)}.notna()`));
  const inner = plainQuery({ ...rule, operator: positive }, columnOf(property), property.type, refs);
  const whole: Query = { text: [...new Set([...guards, inner.text])].join(" and "), joined: true };
  return reversed ? not(whole) : whole;
}

/** A rule of a column of its own, which has a value in every row, or NaN. */
function plainQuery({ operator, values }: Rule, column: string, type: PropertyType, refs: readonly Property[]): Query {
  const operands = values.map((value) => (isRef(value) ? columnOf(refs[0] as Property) : literal(value)));
  const method = TEXT_METHODS[operator];
  if (method) return single(`${column}${method(operands[0] as string)}`);
  switch (operator) {
    case "any_in":
      return single(`${column} in [${operands.join(", ")}]`);
    case "not_in":
      return single(`${column} not in [${operands.join(", ")}]`);
    case "between":
      return single(`${operands[0]} <= ${column} <= ${operands[1]}`);
    case "not_between":
      return not(single(`${operands[0]} <= ${column} <= ${operands[1]}`));
    case "is_empty":
      return type === "text" ? single(`${column} in [""]`) : single(`${column}.isna()`);
    case "is_not_empty":
      return type === "text"
        ? { text: `${column}.notna() and ${column} not in [""]`, joined: true }
        : single(`${column}.notna()`);
    default:
      return single(`${column} ${operator} ${operands[0]}`);
  }
}

/** The values of a closed list that a rule chooses. */
function chosen({ operator, values }: Rule, all: readonly string[]): readonly string[] {
  const given = values.map(String);
  const first = given[0] ?? "";
  const tests: Partial<Record<Operator, (each: string) => boolean>> = {
    "==": (each) => each === first,
    "!=": (each) => each !== first,
    any_in: (each) => given.includes(each),
    not_in: (each) => !given.includes(each),
    like: (each) => each.includes(first),
    starts_with: (each) => each.startsWith(first),
    ends_with: (each) => each.endsWith(first),
    is_not_empty: () => true,
  };
  return all.filter(tests[operator] ?? (() => false));
}

/** Shapes, tracks and tags are told apart by two columns. */
function kindQuery(kinds: readonly string[]): Query {
  const queries: Readonly<Record<string, Query>> = {
    "": single("type.isna()"),
    shape: { text: 'track_id.isna() and type != "tag"', joined: true },
    track: single("track_id.notna()"),
    tag: single('type == "tag"'),
    "shape,track": single('type != "tag"'),
    "shape,tag": single("track_id.isna()"),
    "track,tag": { text: 'track_id.notna() or type == "tag"', joined: true },
    "shape,track,tag": single("type.notna()"),
  };
  return queries[kinds.join()] as Query;
}

/** The column `type` says "tag" where there is no shape. */
function shapeQuery(rule: Rule): Query {
  const { operator } = rule;
  if (operator === "is_empty") return single('type == "tag"');
  if (operator === "is_not_empty") return single('type != "tag"');
  if (operator === "==" || operator === "!=") return single(`type ${operator} ${literal(rule.values[0] as Scalar)}`);
  const positive = operator === "not_in" ? "any_in" : operator;
  const types = chosen({ ...rule, operator: positive }, DRAWN_TYPES).map(literal);
  return single(`type ${operator === "not_in" ? "not in" : "in"} [${types.join(", ")}]`);
}

/** An attribute name that two labels give to different types is a column of texts, in which numbers cannot be compared. */
function checkColumn({ name, column, type }: Property, labels: readonly LabelSpec[]): void {
  if (column === null) throw new FilterError(`"${name}" is not in the DataFrame, so a query cannot ask for it.`);
  if (!column.startsWith("attr.") || type === "text") return;
  const named = labels.flatMap((label) => [label, ...label.sublabels]).flatMap((label) => label.attributes);
  const inputs = new Set(named.filter((each) => `attr.${each.name}` === column).map((each) => each.input_type));
  if (inputs.size > 1)
    throw new FilterError(`The column "${column}" holds attributes of several types, so a query cannot ask for it.`);
}

function columnOf({ column }: Property): string {
  const name = column as string;
  if (/^[a-z_]+$/.test(name)) return name;
  if (/[`\p{Cc}\u2028\u2029]/u.test(name)) throw new FilterError(`A query cannot name the column ${JSON.stringify(name)}.`);
  return `\`${name}\``;
}

/** A value as Python writes it. */
function literal(value: Scalar): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(Object.is(value, -0) ? 0 : value);
  // pandas reads a query line by line: no character may end a line. And it takes a quote after an escaped backslash for an
  // escaped quote, so none may stand there.
  return JSON.stringify(value).replace(
    /\\\\|[\u007f-\u009f\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
