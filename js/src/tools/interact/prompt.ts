/** What the user has pointed at, for a model that answers with a shape: points on the object and beside it, and a box. */
import type { Point } from "../../shapes/kind";

export interface PromptPoint {
  readonly at: Point;
  /** On the object, or beside it. */
  readonly positive: boolean;
}

export type PromptBox = readonly [left: number, top: number, right: number, bottom: number];

export interface Prompt {
  /** In the order of the clicks. */
  readonly points: readonly PromptPoint[];
  readonly box: PromptBox | null;
}

/** What a model must be given. */
export interface Needs {
  readonly min_positive: number;
  /** Null: it takes no points beside the object. */
  readonly min_negative: number | null;
  readonly box: "no" | "optional" | "required";
}

export const NO_PROMPT: Prompt = { points: [], box: null };
/** A box that is smaller than this in one direction, in pixels of the picture, is none. */
const SMALLEST_BOX = 3;

export function isEmptyPrompt({ points, box }: Prompt): boolean {
  return points.length === 0 && box === null;
}

export function withPoint(prompt: Prompt, point: PromptPoint): Prompt {
  return { ...prompt, points: [...prompt.points, point] };
}

export function withoutPoint(prompt: Prompt, index: number): Prompt {
  return { ...prompt, points: prompt.points.filter((_, i) => i !== index) };
}

export function withMovedPoint(prompt: Prompt, index: number, at: Point): Prompt {
  return { ...prompt, points: prompt.points.map((point, i) => (i === index ? { ...point, at } : point)) };
}

/** With the box between two corners; one that is too small changes nothing. */
export function withBox(prompt: Prompt, [ax, ay]: Point, [bx, by]: Point): Prompt {
  const box: PromptBox = [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
  return box[2] - box[0] < SMALLEST_BOX || box[3] - box[1] < SMALLEST_BOX ? prompt : { ...prompt, box };
}

/** Without what was added last; a box counts as the first thing there was. */
export function withoutLast(prompt: Prompt): Prompt {
  if (prompt.points.length > 0) return withoutPoint(prompt, prompt.points.length - 1);
  return prompt.box ? NO_PROMPT : prompt;
}

/** Index of the point within `reach` pixels, the nearest; -1 if there is none. */
export function pointNear({ points }: Prompt, [x, y]: Point, reach: number): number {
  let best = -1;
  let least = reach;
  points.forEach(({ at }, i) => {
    const away = Math.hypot(at[0] - x, at[1] - y);
    if (away <= least) [best, least] = [i, away];
  });
  return best;
}

function count(points: readonly PromptPoint[], positive: boolean): number {
  return points.filter((point) => point.positive === positive).length;
}

function pointsText(number: number): string {
  return number === 1 ? "a point" : `${number} points`;
}

/** What is still to be pointed at before a model can answer, in words; null if it can. An object to refine is a beginning. */
export function missing(prompt: Prompt, needs: Needs, refining = false): string | null {
  if (needs.box === "required" && !prompt.box) return "Draw a box around the object";
  const [positive, negative] = [count(prompt.points, true), count(prompt.points, false)];
  if (positive < needs.min_positive) return `Click ${pointsText(needs.min_positive - positive)} on the object`;
  const beside = needs.min_negative ?? 0;
  if (negative < beside) return `Click ${pointsText(beside - negative)} beside the object`;
  if (positive === 0 && !prompt.box && !(refining && negative > 0))
    return needs.box === "no" ? "Click on the object" : "Click on the object, or drag a box around it";
  return null;
}

function startsWith(points: readonly PromptPoint[], start: readonly PromptPoint[]): boolean {
  return start.length <= points.length && start.every((point, i) => point === points[i]);
}

/** Whether a prompt is an earlier one with something added: then the model may go on from its answer. */
export function continues(prompt: Prompt, earlier: Prompt): boolean {
  if (earlier.box !== null && earlier.box !== prompt.box) return false;
  return startsWith(prompt.points, earlier.points);
}

/** As it is sent. */
export function promptToWire({ points, box }: Prompt) {
  const of = (positive: boolean): Point[] => points.filter((point) => point.positive === positive).map(({ at }) => at);
  return { positive: of(true), negative: of(false), box };
}
