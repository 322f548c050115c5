/** How the tools that ask the kernel draw on the canvas, in coordinates of the picture; `unit` is a CSS pixel. */
import { translucent } from "../../scene/colors";
import { type Context, dotAt } from "../../scene/painter";
import { kindOf } from "../../shapes/index";
import type { Figure, Point } from "../../shapes/kind";
import type { Prompt, PromptBox } from "./prompt";

/** CSS pixels. */
export const MARK_RADIUS = 7;
const POSITIVE = "#1a7f37";
const NEGATIVE = "#c62828";

interface Paths {
  readonly outline: Path2D;
  readonly fill: Path2D;
}

const paths = new WeakMap<Figure, Paths>();

function pathsOf(figure: Figure): Paths {
  let known = paths.get(figure);
  if (!known) {
    const kind = kindOf(figure.type);
    const outline = new Path2D();
    kind.trace(figure, outline);
    let fill = outline;
    if (kind.traceFill) {
      fill = new Path2D();
      kind.traceFill(figure, fill);
    }
    known = { outline, fill };
    paths.set(figure, known);
  }
  return known;
}

/** A shape that is suggested: to be told from those that are there by its dark edge and its strong colour. */
export function drawSuggestion(context: Context, figure: Figure, color: string, opacity: number, unit: number): void {
  const { outline, fill } = pathsOf(figure);
  context.fillStyle = translucent(color, opacity);
  context.fill(fill);
  context.lineWidth = 3.5 * unit;
  context.strokeStyle = "rgba(0, 0, 0, 0.55)";
  context.stroke(outline);
  context.lineWidth = 1.75 * unit;
  context.strokeStyle = color;
  context.stroke(outline);
  if (figure.type === "polygon") drawVertices(context, figure.points, color, unit);
}

export function drawVertices(context: Context, points: readonly number[], color: string, unit: number): void {
  context.lineWidth = unit;
  context.strokeStyle = color;
  context.fillStyle = "#ffffff";
  for (let i = 0; i + 1 < points.length; i += 2) {
    dotAt(context, [points[i] as number, points[i + 1] as number], 2.5 * unit);
    context.fill();
    context.stroke();
  }
}

function drawBox(context: Context, [left, top, right, bottom]: PromptBox, unit: number): void {
  context.lineWidth = 3 * unit;
  context.strokeStyle = "rgba(0, 0, 0, 0.55)";
  context.strokeRect(left, top, right - left, bottom - top);
  context.setLineDash([6 * unit, 4 * unit]);
  context.lineWidth = 1.5 * unit;
  context.strokeStyle = "#ffffff";
  context.strokeRect(left, top, right - left, bottom - top);
  context.setLineDash([]);
}

/** A plus on the object, a minus beside it: told apart by sign and colour. */
function drawPoint(context: Context, [x, y]: Point, positive: boolean, radius: number, unit: number): void {
  dotAt(context, [x, y], radius);
  context.fillStyle = positive ? POSITIVE : NEGATIVE;
  context.fill();
  context.lineWidth = 1.5 * unit;
  context.strokeStyle = "#ffffff";
  context.stroke();
  const arm = radius * 0.5;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  if (positive) {
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  }
  context.lineWidth = 2 * unit;
  context.stroke();
}

/** What was pointed at; the point under the cursor is larger. */
export function drawPrompt(context: Context, prompt: Prompt, hovered: number, unit: number): void {
  if (prompt.box) drawBox(context, prompt.box, unit);
  prompt.points.forEach(({ at, positive }, i) => {
    drawPoint(context, at, positive, (i === hovered ? 1.35 : 1) * MARK_RADIUS * unit, unit);
  });
}

/** A line under way; one that is not fixed yet is dashed. */
export function drawLine(context: Context, points: readonly number[], color: string, loose: boolean, unit: number): void {
  if (points.length < 4) return;
  context.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) context.lineTo(points[i] as number, points[i + 1] as number);
  context.lineWidth = 3.5 * unit;
  context.strokeStyle = "rgba(0, 0, 0, 0.55)";
  context.stroke();
  if (loose) context.setLineDash([5 * unit, 3 * unit]);
  context.lineWidth = 1.75 * unit;
  context.strokeStyle = color;
  context.stroke();
  context.setLineDash([]);
}

/** The square in which the last point must lie; dashed where it does not. */
export function drawThreshold(context: Context, [x, y]: Point, side: number, outside: boolean, unit: number): void {
  context.lineWidth = 3 * unit;
  context.strokeStyle = "rgba(255, 255, 255, 0.7)";
  context.strokeRect(x - side / 2, y - side / 2, side, side);
  if (outside) context.setLineDash([6 * unit, 4 * unit]);
  context.lineWidth = 1.5 * unit;
  context.strokeStyle = NEGATIVE;
  context.strokeRect(x - side / 2, y - side / 2, side, side);
  context.setLineDash([]);
}
