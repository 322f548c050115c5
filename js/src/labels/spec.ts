/** Labels while they are edited: the JSON that CVAT calls raw, with defaults for what is left out. */
import { type AttributeSpec, type LabelSpec, SHAPE_TYPES } from "../document/records";

export type { AttributeSpec, LabelSpec };
export type LabelType = LabelSpec["type"];
export type InputType = AttributeSpec["input_type"];

export const INPUT_TYPES: readonly InputType[] = ["select", "radio", "checkbox", "text", "number"];
export const LABEL_TYPES: readonly LabelType[] = ["any", ...SHAPE_TYPES];
/** What a label that is no skeleton can be drawn as; skeletons have a form of their own. */
export const PLAIN_TYPES: readonly LabelType[] = [
  "any",
  "rectangle",
  "polygon",
  "polyline",
  "points",
  "ellipse",
  "cuboid",
  "mask",
  "tag",
];

export const newLabel = (type: LabelType = "any"): LabelSpec => ({
  id: 0,
  name: "",
  color: "",
  type,
  attributes: [],
  sublabels: [],
  svg: "",
});

export const newAttribute = (): AttributeSpec => ({
  id: 0,
  name: "",
  input_type: "select",
  values: [],
  default_value: "",
  mutable: false,
});

/** The values a number has if none are said, as CVAT writes them: minimum, maximum, step. */
export const NUMBER_VALUES: readonly string[] = ["0", "100", "1"];

/** The value of a new object where a definition names none. */
export function defaultOf(inputType: InputType, values: readonly string[]): string {
  if (inputType === "checkbox") return "false";
  return inputType === "text" ? "" : (values[0] ?? "");
}

/** The same attribute asked for in another way: values and default that still make sense stay. */
export function withInputType(spec: AttributeSpec, inputType: InputType): AttributeSpec {
  const chosen = spec.input_type === "select" || spec.input_type === "radio";
  const choices = inputType === "select" || inputType === "radio";
  const values = choices ? (chosen ? spec.values : []) : inputType === "number" ? NUMBER_VALUES : [];
  const keeps = choices && chosen;
  return { ...spec, input_type: inputType, values, default_value: keeps ? spec.default_value : defaultOf(inputType, values) };
}

/** What the kernel is told, and the raw text shows: only what a label of this type has. */
export function plain(label: LabelSpec): Record<string, unknown> {
  const { id, name, color, type, attributes, sublabels, svg } = label;
  const parts = type === "skeleton" ? { sublabels: sublabels.map(plain), svg } : {};
  return {
    ...(id > 0 ? { id } : {}),
    name,
    ...(color ? { color } : {}),
    type,
    attributes: attributes.map(({ id: key, ...spec }) => (key > 0 ? { id: key, ...spec } : spec)),
    ...parts,
  };
}

/** The same things with one of them at another place. */
export function moved<Thing>(things: readonly Thing[], from: number, to: number): Thing[] {
  const rest = things.filter((_, index) => index !== from);
  rest.splice(to, 0, things[from] as Thing);
  return rest;
}
