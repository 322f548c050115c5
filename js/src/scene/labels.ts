/**
 * Texts of objects, thinned out: where two would overlap only the upper object keeps its own. Without that a crowded view is
 * unreadable, and text is what makes large scenes slow.
 */
import { type Box, boxOfPoints } from "../shapes/kind";
import type { Item } from "./items";
import type { Area, Context, Style } from "./painter";
import { turnSize, turnVector, unturnVector, uprightMatrix } from "./picture-turn";

/** A text that is drawn: where it belongs in the picture, and where its plate is from there. */
export interface Label {
  readonly id: number;
  readonly text: string;
  readonly color: string;
  /** The corner of the object that is at the top left of the screen, or its centre. */
  readonly x: number;
  readonly y: number;
  /** From there to the top left of the plate, in CSS pixels of the screen. */
  readonly dx: number;
  readonly dy: number;
}

export const FONT = '"Inter", system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const PADDING = 3;
const CELL = 32;

/** Average advance of a character of a sans serif, in sizes of the font; measuring each text would cost more than drawing it. */
const ADVANCE = 0.58;

export function plateSize(text: string, textSize: number): readonly [width: number, height: number] {
  return [text.length * textSize * ADVANCE + 2 * PADDING, textSize + 2 * PADDING];
}

/** The text of an item when it is drawn at `scale`. */
export function labelOf({ id, text, color, box }: Item, scale: number, style: Style): Label {
  const [width, height] = plateSize(text, style.textSize);
  if (style.centerTexts) {
    const unit = style.pixelRatio / scale;
    const [wide, high] = turnSize([box.maxX - box.minX, box.maxY - box.minY], style.turn);
    if (width * unit <= wide && height * unit <= high) {
      const [x, y] = [(box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2];
      return { id, text, color, x, y, dx: -width / 2, dy: -height / 2 };
    }
  }
  const x = style.turn === 2 || style.turn === 3 ? box.maxX : box.minX;
  const y = style.turn === 1 || style.turn === 2 ? box.maxY : box.minY;
  return { id, text, color, x, y, dx: 0, dy: -height };
}

/** Choose the texts that have room, upper objects first. */
export function planLabels(items: readonly Item[], area: Area, style: Style): Label[] {
  const labels: Label[] = [];
  const taken = new Set<number>();
  const perUnit = area.scale / style.pixelRatio;
  // On the screen the bitmap may lie turned about its top left corner, left of and above it.
  const [farX, farY] = turnVector([area.width / style.pixelRatio, area.height / style.pixelRatio], style.turn);
  const [screenWidth, screenHeight] = [Math.abs(farX), Math.abs(farY)];
  const columns = Math.ceil(screenWidth / CELL) + 2;
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] as Item;
    if (!item.text) continue;
    const [width, height] = plateSize(item.text, style.textSize);
    const label = labelOf(item, area.scale, style);
    const [x, y] = turnVector([(label.x - area.x) * perUnit, (label.y - area.y) * perUnit], style.turn);
    const left = x + label.dx - Math.min(0, farX);
    const top = y + label.dy - Math.min(0, farY);
    if (left + width < 0 || top + height < 0 || left > screenWidth || top > screenHeight) continue;
    const cells: number[] = [];
    let free = true;
    // Rows as high as a plate: two texts that share a cell would touch.
    for (let row = Math.floor(top / height); row <= Math.floor((top + height - 1) / height) && free; row++) {
      for (let column = Math.floor(left / CELL); column <= Math.floor((left + width - 1) / CELL); column++) {
        const cell = (row + 1) * columns + column + 1;
        if (taken.has(cell)) {
          free = false;
          break;
        }
        cells.push(cell);
      }
    }
    if (!free) continue;
    for (const cell of cells) taken.add(cell);
    labels.push(label);
  }
  return labels;
}

/** The plate of a label in pixels of the picture, when drawn at `scale`. */
export function boxOfLabel({ text, x, y, dx, dy }: Label, scale: number, style: Style): Box {
  const unit = style.pixelRatio / scale;
  const [width, height] = plateSize(text, style.textSize);
  const [x0, y0] = unturnVector([dx * unit, dy * unit], style.turn);
  const [x1, y1] = unturnVector([(dx + width) * unit, (dy + height) * unit], style.turn);
  return boxOfPoints([x + x0, y + y0, x + x1, y + y1]);
}

/** Draw labels on a context without a transform. */
export function drawLabels(context: Context, labels: readonly Label[], area: Area, style: Style): void {
  if (labels.length === 0) return;
  const ratio = style.pixelRatio;
  context.font = `${style.textSize * ratio}px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  if (style.turn !== 0) context.setTransform(...uprightMatrix(style.turn, 0, 0));
  for (const label of labels) {
    const [x, y] = turnVector([(label.x - area.x) * area.scale, (label.y - area.y) * area.scale], style.turn);
    const left = Math.round(x + label.dx * ratio);
    const top = Math.round(y + label.dy * ratio);
    drawPlate(context, [label.text], left, top, style.textSize, ratio, label.color);
  }
  if (style.turn !== 0) context.setTransform(1, 0, 0, 1, 0, 0);
}

/** Lines of text on a dark plate with a bar in the colour of the object; the font must be set. */
export function drawPlate(
  context: Context,
  lines: readonly string[],
  x: number,
  y: number,
  textSize: number,
  ratio: number,
  color: string,
): void {
  let widest = 0;
  for (const line of lines) widest = Math.max(widest, widthOf(context, line));
  const height = (lines.length * (textSize + 2) - 2 + 2 * PADDING) * ratio;
  context.fillStyle = "rgba(18, 20, 24, 0.78)";
  context.fillRect(x, y, widest + (2 * PADDING + 3) * ratio, height);
  context.fillStyle = color;
  context.fillRect(x, y, 2 * ratio, height);
  context.fillStyle = "#ffffff";
  lines.forEach((line, i) => {
    const middle = y + (PADDING + i * (textSize + 2) + textSize / 2) * ratio;
    context.fillText(line, x + (PADDING + 2) * ratio, middle + 0.5 * ratio);
  });
}

const widths = new Map<string, number>();

function widthOf(context: Context, text: string): number {
  const key = `${context.font}/${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    width = context.measureText(text).width;
    if (widths.size > 20000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

export function widestLine(context: Context, lines: readonly string[]): number {
  return Math.max(0, ...lines.map((line) => widthOf(context, line)));
}
