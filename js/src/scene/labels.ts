/**
 * Texts of objects, thinned out: where two would overlap only the upper object keeps its own. Without that a crowded view is
 * unreadable, and text is what makes large scenes slow.
 */
import type { Box } from "../shapes/kind";
import type { Item } from "./items";
import type { Area, Context, Style } from "./painter";

/** A text that is drawn: the object and the box of its plate in pixels of the picture at the scale it was planned for. */
export interface Label {
  readonly id: number;
  readonly text: string;
  readonly color: string;
  /** The top left corner of the object. */
  readonly x: number;
  readonly y: number;
}

export const FONT = '"Inter", system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const PADDING = 3;
const CELL = 32;

/** Average advance of a character of a sans serif, in sizes of the font; measuring each text would cost more than drawing it. */
const ADVANCE = 0.58;

export function plateSize(text: string, textSize: number): readonly [width: number, height: number] {
  return [text.length * textSize * ADVANCE + 2 * PADDING, textSize + 2 * PADDING];
}

/** Choose the texts that have room, upper objects first. */
export function planLabels(items: readonly Item[], area: Area, style: Style): Label[] {
  const labels: Label[] = [];
  const taken = new Set<number>();
  const ratio = style.pixelRatio;
  const columns = Math.ceil(area.width / ratio / CELL) + 2;
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i] as Item;
    if (!item.text) continue;
    const [width, height] = plateSize(item.text, style.textSize);
    const left = ((item.box.minX - area.x) * area.scale) / ratio;
    const top = ((item.box.minY - area.y) * area.scale) / ratio - height;
    if (left + width < 0 || top + height < 0 || left > area.width / ratio || top > area.height / ratio) continue;
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
    labels.push({ id: item.id, text: item.text, color: item.color, x: item.box.minX, y: item.box.minY });
  }
  return labels;
}

/** The plate of a label in pixels of the picture, when drawn at `area.scale`. */
export function boxOfLabel(label: Label, scale: number, style: Style): Box {
  const unit = style.pixelRatio / scale;
  const [width, height] = plateSize(label.text, style.textSize);
  return { minX: label.x, minY: label.y - height * unit, maxX: label.x + width * unit, maxY: label.y };
}

/** Draw labels on a context without a transform. */
export function drawLabels(context: Context, labels: readonly Label[], area: Area, style: Style): void {
  if (labels.length === 0) return;
  const ratio = style.pixelRatio;
  context.font = `${style.textSize * ratio}px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (const label of labels) {
    const [, height] = plateSize(label.text, style.textSize);
    const x = Math.round((label.x - area.x) * area.scale);
    const y = Math.round((label.y - area.y) * area.scale - height * ratio);
    drawPlate(context, [label.text], x, y, style.textSize, ratio, label.color);
  }
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
