/** Annotation actions as the kernel lists and runs them; twin of cvat_widgets/widgets/action_methods.py. */
import type { JsonLogic } from "../filter/tree";

export type ParameterValue = string | number | boolean;

interface Named {
  readonly name: string;
  readonly label: string;
}

export interface SelectParameter extends Named {
  readonly kind: "select";
  readonly choices: readonly string[];
  readonly default: string;
}

export interface NumberParameter extends Named {
  readonly kind: "number";
  readonly low: number;
  readonly high: number;
  readonly step: number;
  /** None for a frame: then it is the last one. */
  readonly default: number | null;
  readonly role: "number" | "frame";
}

export interface CheckboxParameter extends Named {
  readonly kind: "checkbox";
  readonly default: boolean;
}

export type ActionParameter = SelectParameter | NumberParameter | CheckboxParameter;

export interface ActionSpec {
  readonly name: string;
  readonly description: string;
  readonly kinds: readonly ("shape" | "track" | "tag")[];
  /** Frame after frame, all at once, or from one frame only. */
  readonly per: "frame" | "all" | "one";
  readonly parameters: readonly ActionParameter[];
}

export interface RunRequest {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** First and last frame, both included. */
  readonly start: number;
  readonly stop: number;
  readonly ids?: readonly number[];
  readonly filter?: JsonLogic;
}

export interface RunResult {
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
  /** Why objects were left alone. */
  readonly skipped: readonly string[];
  readonly text: string;
}

/** The limits of a number; those of a frame are the job's. */
export function limitsOf(parameter: NumberParameter, first: number, last: number): readonly [low: number, high: number] {
  return parameter.role === "frame" ? [first, last] : [parameter.low, parameter.high];
}

export function defaultsOf(action: ActionSpec, last: number): Record<string, ParameterValue> {
  return Object.fromEntries(action.parameters.map((parameter) => [parameter.name, parameter.default ?? last]));
}

/** Which frames an action runs on: this one, some, or all; within the job and in order, whatever was typed. */
export interface FrameChoice {
  readonly which: "frame" | "range" | "all";
  readonly from: number;
  readonly to: number;
}

export function framesOf(
  choice: FrameChoice,
  frame: number,
  first: number,
  last: number,
): readonly [start: number, stop: number] {
  if (choice.which === "frame") return [frame, frame];
  if (choice.which === "all") return [first, last];
  const within = (value: number): number => Math.min(Math.max(Math.round(value) || first, first), last);
  const [from, to] = [within(choice.from), within(choice.to)];
  return from <= to ? [from, to] : [to, from];
}
