/** What a filter can ask of an object: the properties of CVAT's filters, with the columns of the DataFrame that hold them. */
import type { LabelSpec, ObjectState } from "../document/records";
import { SHAPE_TYPES, SOURCES } from "../document/records";
import { figureOf } from "../shapes/figure";
import { kindOf } from "../shapes/index";
import { FilterError, isRef, type Operand, type Operator, type Rule, type Scalar } from "./tree";

export type PropertyType = "number" | "text" | "boolean";

export interface Property {
  /** As in JSON logic: "width", "attr.car.color". */
  readonly name: string;
  readonly title: string;
  readonly type: PropertyType;
  /** The values there are, where they are known. */
  readonly values: readonly string[] | null;
  /** Whether no other value is allowed. */
  readonly closed: boolean;
  /** Changes between the keyframes of a track; everything else holds from one keyframe to the next. */
  readonly varying: boolean;
  /** Column of the DataFrame, null if there is none. */
  readonly column: string | null;
  /** Attributes belong to objects of one label. */
  readonly label: string | null;
  /** Null where an object has no such thing. */
  read(state: ObjectState): Scalar | null;
}

export const KINDS = ["shape", "track", "tag"] as const;
export const DRAWN_TYPES = SHAPE_TYPES.filter((type) => type !== "tag");

const NUMBER_OPERATORS: readonly Operator[] = [
  "==",
  "!=",
  ">",
  ">=",
  "<",
  "<=",
  "between",
  "not_between",
  "any_in",
  "not_in",
  "is_empty",
  "is_not_empty",
];
const TEXT_OPERATORS: readonly Operator[] = [
  "==",
  "!=",
  "any_in",
  "not_in",
  "like",
  "starts_with",
  "ends_with",
  "is_empty",
  "is_not_empty",
];
export const OPERATORS_OF: Readonly<Record<PropertyType, readonly Operator[]>> = {
  number: NUMBER_OPERATORS,
  text: TEXT_OPERATORS,
  boolean: ["==", "!=", "is_empty", "is_not_empty"],
};

type Read = (state: ObjectState) => Scalar | null;

function made(name: string, title: string, type: PropertyType, column: string | null, read: Read): Property {
  return { name, title, type, column, read, values: null, closed: false, varying: false, label: null };
}

/** Width and height of the box around an object on the screen; null for tags. */
function sizeOf(state: ObjectState): readonly [width: number, height: number] | null {
  if (state.type === "tag") return null;
  const figure = figureOf(state, undefined);
  if (figure.points.length === 0) return null;
  const { minX, minY, maxX, maxY } = kindOf(figure.type).bounds(figure);
  return [maxX - minX, maxY - minY];
}

const FIXED: readonly Property[] = [
  {
    ...made("type", "Type", "text", "type", (state) => state.kind),
    values: KINDS,
    closed: true,
  },
  {
    ...made("shape", "Shape", "text", "type", (state) => (state.type === "tag" ? null : state.type)),
    values: DRAWN_TYPES,
    closed: true,
  },
  made("occluded", "Occluded", "boolean", "occluded", (state) => state.occluded),
  { ...made("width", "Width", "number", "width", (state) => sizeOf(state)?.[0] ?? null), varying: true },
  { ...made("height", "Height", "number", "height", (state) => sizeOf(state)?.[1] ?? null), varying: true },
  { ...made("rotation", "Rotation", "number", "rotation", (state) => state.rotation), varying: true },
  made("objectID", "Object id", "number", "id", (state) => state.id),
  made("serverID", "Server id", "number", "id", (state) => state.id),
  made("zOrder", "Layer", "number", "z_order", (state) => state.z_order),
  made("score", "Score", "number", "score", (state) => state.score),
  { ...made("source", "Source", "text", "source", (state) => state.source), values: SOURCES, closed: true },
  // Votes of merged replicas are kept by Python alone.
  made("votes", "Votes", "number", null, () => null),
];

/** CVAT writes a dot in a name as a bullet, since dots separate the parts of a property. */
const escaped = (name: string): string => name.replaceAll(".", "\u2219");

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The value of an attribute in its own type. */
export function typed(type: PropertyType, text: string | undefined): Scalar | null {
  if (text === undefined) return null;
  if (type === "boolean") return text === "true";
  if (type === "number") return NUMBER.test(text) ? Number(text) : null;
  return text;
}

function attributesOf(label: LabelSpec): Property[] {
  return label.attributes.map(({ id, name, input_type, values }) => {
    const type = input_type === "number" ? "number" : input_type === "checkbox" ? "boolean" : "text";
    const read: Read = (state) => (state.label === label.id ? typed(type, state.attributes[id]) : null);
    return {
      ...made(`attr.${escaped(label.name)}.${escaped(name)}`, `${label.name}: ${name}`, type, `attr.${name}`, read),
      values: input_type === "select" || input_type === "radio" ? values : null,
      label: label.name,
    };
  });
}

const tables = new WeakMap<readonly LabelSpec[], ReadonlyMap<string, Property>>();

/** Every property there is with these labels, by name. */
export function propertiesOf(labels: readonly LabelSpec[]): ReadonlyMap<string, Property> {
  let table = tables.get(labels);
  if (!table) {
    const names = new Map(labels.flatMap((label) => [label, ...label.sublabels].map(({ id, name }) => [id, name] as const)));
    const label: Property = {
      ...made("label", "Label", "text", "label", (state) => names.get(state.label) ?? null),
      values: labels.map(({ name }) => name),
    };
    table = new Map([label, ...FIXED, ...labels.flatMap(attributesOf)].map((each) => [each.name, each]));
    tables.set(labels, table);
  }
  return table;
}

/** A property by name; throws FilterError. */
export function propertyOf(name: string, labels: readonly LabelSpec[]): Property {
  const property = propertiesOf(labels).get(name);
  if (property) return property;
  throw new FilterError(
    name.startsWith("attr.")
      ? `The labels have no attribute "${name.slice(5, 200)}" (label.attribute).`
      : `"${name.slice(0, 100)}" is not a property of objects.`,
  );
}

/** The property of a rule, once operator and values are known to fit it; throws FilterError. */
export function checkedProperty({ property: name, operator, values }: Rule, labels: readonly LabelSpec[]): Property {
  const property = propertyOf(name, labels);
  if (!OPERATORS_OF[property.type].includes(operator))
    throw new FilterError(`"${name}" is a ${property.type}: "${operator}" does not apply to it.`);
  for (const value of values) checkOperand(property, value, labels);
  const exact = operator !== "like" && operator !== "starts_with" && operator !== "ends_with";
  const unknown = property.closed && exact ? values.find((value) => !property.values?.includes(String(value))) : undefined;
  if (unknown !== undefined)
    throw new FilterError(`"${name}" is one of ${property.values?.join(", ")}, not "${String(unknown).slice(0, 100)}".`);
  return property;
}

function checkOperand({ name, type }: Property, value: Operand, labels: readonly LabelSpec[]): void {
  if (isRef(value)) {
    if (type !== "number" || propertyOf(value.property, labels).type !== "number")
      throw new FilterError(`Only numbers can be compared with each other, not "${name}" with "${value.property}".`);
  } else if (typeof value !== (type === "text" ? "string" : type))
    throw new FilterError(`"${name}" is a ${type}: ${JSON.stringify(value).slice(0, 100)} does not fit it.`);
}
