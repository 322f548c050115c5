/** Labels from and to CVAT's raw JSON. */
import { listProblems, type Path, type Problem } from "./checks";
import { JsonProblem, readJson } from "./json";
import { type AttributeSpec, defaultOf, type InputType, type LabelSpec, type LabelType, NUMBER_VALUES, plain } from "./spec";

export interface RawProblem {
  readonly line: number;
  readonly text: string;
}

const MAX_PROBLEMS = 20;

export function rawText(labels: readonly LabelSpec[]): string {
  return JSON.stringify(labels.map(plain), null, 2);
}

/** The labels a text describes, or what is wrong with it, line by line. */
export function readRaw(text: string): { labels: LabelSpec[]; problems: RawProblem[] } {
  try {
    const { value, lineOf } = readJson(text);
    const { labels, problems } = labelsOf(value);
    const all = problems.length > 0 ? problems : listProblems(labels);
    return { labels, problems: all.slice(0, MAX_PROBLEMS).map(({ path, text: what }) => ({ line: lineOf(path), text: what })) };
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    return { labels: [], problems: [{ line: error.line, text: `${error.message} (column ${error.column}).` }] };
  }
}

/** A pasted text without ids: they mean nothing in another task. */
export function withoutIds(text: string): string {
  return text.replaceAll(/\s*"id"\s*:\s*-?\d+\s*,?/g, "");
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Labels of a JSON value; problems are those of its form, not of what it says. */
export function labelsOf(value: unknown): { labels: LabelSpec[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const reader = new SpecReader(problems);
  if (!Array.isArray(value)) {
    problems.push({ path: [], text: "Labels are a list: [ … ]." });
    return { labels: [], problems };
  }
  return { labels: value.map((each, index) => reader.label(each, [index])), problems };
}

class SpecReader {
  constructor(private readonly problems: Problem[]) {}

  label(value: unknown, path: Path): LabelSpec {
    // As in Python, a label may be a name alone.
    const raw =
      typeof value === "string" ? { name: value } : this.object(value, path, "A label is an object { … } with a name.");
    return {
      id: this.id(raw),
      name: this.text(raw, "name", path).trim(),
      color: this.text(raw, "color", path).toLowerCase(),
      type: (this.text(raw, "type", path) || "any") as LabelType,
      attributes: this.list(raw, "attributes", path).map((each, index) => this.attribute(each, [...path, "attributes", index])),
      sublabels: this.list(raw, "sublabels", path).map((each, index) => this.label(each, [...path, "sublabels", index])),
      svg: this.text(raw, "svg", path),
    };
  }

  private attribute(value: unknown, path: Path): AttributeSpec {
    const raw = this.object(value, path, "An attribute is an object { … } with a name.");
    const inputType = (this.text(raw, "input_type", path) || "text").toLowerCase() as InputType;
    const values = inputType === "text" ? [] : this.values(raw, path);
    const given = inputType === "number" && values.length === 0 ? NUMBER_VALUES : values;
    const own = raw.default_value;
    return {
      id: this.id(raw),
      name: this.text(raw, "name", path).trim(),
      input_type: inputType,
      values: given,
      default_value: own === undefined || own === null ? defaultOf(inputType, given) : this.text(raw, "default_value", path),
      mutable: raw.mutable === true,
    };
  }

  private values(raw: Json, path: Path): string[] {
    if (typeof raw.values === "string") return raw.values.split("\n");
    return this.list(raw, "values", path).map((each) => String(each));
  }

  private object(value: unknown, path: Path, otherwise: string): Json {
    if (isObject(value)) return value;
    this.problems.push({ path, text: otherwise });
    return {};
  }

  private text(raw: Json, name: string, path: Path): string {
    const value = raw[name];
    if (value === undefined || value === null) return "";
    if (typeof value === "string") return value;
    if (name === "default_value" && (typeof value === "number" || typeof value === "boolean")) return String(value);
    this.problems.push({ path: [...path, name], text: `“${name}” is a text in double quotes.` });
    return "";
  }

  private list(raw: Json, name: string, path: Path): readonly unknown[] {
    const value = raw[name];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.problems.push({ path: [...path, name], text: `“${name}” is a list: [ … ].` });
    return [];
  }

  private id(raw: Json): number {
    return typeof raw.id === "number" && Number.isSafeInteger(raw.id) && raw.id > 0 ? raw.id : 0;
  }
}
