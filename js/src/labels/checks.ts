/** What is wrong with labels, each with the place; a stricter twin of the checks in cvat_widgets/model/labels.py. */
import { type AttributeSpec, INPUT_TYPES, LABEL_TYPES, type LabelSpec } from "./spec";

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  readonly text: string;
}

const MAX_NAME = 64;
const MAX_DEFAULT = 128;
const MAX_VALUE = 4096;
const COLOR = /^#[0-9a-f]{6}$/i;

function nameProblem(name: string, others: readonly string[], what: string): string | null {
  if (name.trim() === "") return "Give it a name.";
  if (name.length > MAX_NAME) return `A name has at most ${MAX_NAME} characters.`;
  if (others.includes(name)) return `There is another ${what} “${name}”.`;
  return null;
}

function numbersProblem(values: readonly string[]): string | null {
  const numbers = values.map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (numbers.length !== 3) return "A number has a minimum, a maximum and a step.";
  if (!numbers.every(Number.isFinite)) return "Minimum, maximum and step are numbers.";
  const [low, high, step] = numbers as [number, number, number];
  if (low >= high) return "The minimum must be less than the maximum.";
  if (step <= 0) return "The step must be above 0.";
  if (step > high - low) return "The step is larger than maximum less minimum.";
  return null;
}

function valuesProblem({ input_type: type, values }: AttributeSpec): string | null {
  if (type === "number") return numbersProblem(values);
  if (type !== "select" && type !== "radio") return null;
  if (values.length === 0) return "Give it at least one value; Enter adds one.";
  if (values.some((value) => value.trim() === "")) return "A value is empty.";
  if (new Set(values).size < values.length) return "A value is there twice.";
  if (values.join("\n").length > MAX_VALUE) return `All values together have at most ${MAX_VALUE} characters.`;
  return null;
}

function defaultProblem(spec: AttributeSpec): string | null {
  const { input_type: type, values, default_value: value } = spec;
  if (value.length > MAX_DEFAULT) return `A default has at most ${MAX_DEFAULT} characters.`;
  if (type === "checkbox" && value !== "true" && value !== "false") return "The default is true or false.";
  if ((type === "select" || type === "radio") && !values.includes(value)) return "The default is not one of the values.";
  if (type === "number") {
    const [low, high] = values.map(Number) as [number, number];
    const number = Number(value);
    if (value.trim() === "" || !Number.isFinite(number)) return "The default is a number.";
    if (number < low || number > high) return `The default is not between ${low} and ${high}.`;
  }
  return null;
}

export function attributeProblems(spec: AttributeSpec, others: readonly string[], path: Path): Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, text: string | null): void => {
    if (text !== null) problems.push({ path: [...path, field], text });
  };
  add("name", nameProblem(spec.name, others, "attribute"));
  if (!INPUT_TYPES.includes(spec.input_type)) add("input_type", `The input is one of ${INPUT_TYPES.join(", ")}.`);
  const wrong = valuesProblem(spec);
  add("values", wrong);
  if (!wrong) add("default_value", defaultProblem(spec));
  return problems;
}

/** `others` are the names that are taken: of the other labels, or of the other joints. */
export function labelProblems(label: LabelSpec, others: readonly string[], path: Path = [], joint = false): Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, text: string | null): void => {
    if (text !== null) problems.push({ path: [...path, field], text });
  };
  add("name", nameProblem(label.name, others, joint ? "joint" : "label"));
  if (label.color !== "" && !COLOR.test(label.color)) add("color", "A colour is written as #rrggbb.");
  if (!LABEL_TYPES.includes(label.type)) add("type", `The type is one of ${LABEL_TYPES.join(", ")}.`);
  if (joint && label.type === "skeleton") add("type", "A joint cannot be a skeleton itself.");
  if (label.type !== "skeleton" && label.sublabels.length > 0) add("sublabels", "Only a skeleton has sublabels.");
  if (label.type === "skeleton" && label.sublabels.length === 0) add("sublabels", "A skeleton needs at least one joint.");
  label.attributes.forEach((spec, index) => {
    const names = label.attributes.filter((_, other) => other < index).map(({ name }) => name);
    problems.push(...attributeProblems(spec, names, [...path, "attributes", index]));
  });
  label.sublabels.forEach((sublabel, index) => {
    const names = label.sublabels.filter((_, other) => other < index).map(({ name }) => name);
    problems.push(...labelProblems(sublabel, names, [...path, "sublabels", index], true));
  });
  return problems;
}

export function listProblems(labels: readonly LabelSpec[]): Problem[] {
  return labels.flatMap((label, index) => {
    const names = labels.slice(0, index).map(({ name }) => name);
    return labelProblems(label, names, [index]);
  });
}

/** The first problem at a place, or below it. */
export function problemAt(problems: readonly Problem[], path: Path): string | null {
  return problems.find((problem) => path.every((part, index) => problem.path[index] === part))?.text ?? null;
}
