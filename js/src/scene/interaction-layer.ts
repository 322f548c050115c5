/** What the user is working on: selected, hovered and growing shapes, their handles and texts, the crosshair. */
import { kindOf } from "../shapes/index";
import { type Box, boxOfPoints, type Figure, type Handle, type Point } from "../shapes/kind";
import type { View } from "./area";
import { drawBitmap } from "./bitmap-layer";
import { translucent } from "./colors";
import type { Item } from "./items";
import { drawPlate, FONT, widestLine } from "./labels";
import { type Area, type Context, dotAt, enter, paintItem, type Style } from "./painter";
import { onScreen, type Turn, turnSize, uprightMatrix } from "./picture-turn";
import type { Draft, Preview } from "./stage";

export interface Lifted {
  readonly item: Item;
  readonly selected: boolean;
  /** Text beside the object; none while there is no room or no wish for it. */
  readonly lines: readonly string[];
}

export interface InteractionState {
  /** Bottom first. */
  readonly lifted: readonly Lifted[];
  readonly handles: readonly Handle[];
  readonly preview: Preview | null;
  readonly style: Style;
  readonly view: View;
}

/** Of the screen, in bitmap pixels: the view, as it lies when it is turned. */
interface Extent {
  readonly width: number;
  readonly height: number;
}

const SELECTED_WIDTH = 1.6;
const GAP = 6;

export function drawInteraction(context: Context, state: InteractionState): void {
  const { view, style, preview } = state;
  const ratio = style.pixelRatio;
  const area: Area = { ...view, x: -view.x / view.scale, y: -view.y / view.scale };
  const unit = ratio / view.scale;
  context.lineJoin = "round";
  enter(context, area);
  for (const { item, selected } of state.lifted) {
    paintItem(context, item, selected ? { ...style, lineWidth: style.lineWidth * SELECTED_WIDTH } : style, unit);
  }
  if (preview?.bitmap) drawBitmap(context, preview.bitmap, unit);
  preview?.paint?.(context, unit);
  if (preview?.draft) drawDraft(context, preview.draft, style, unit);
  if (preview?.band) drawBand(context, preview.band, unit);
  const color = state.lifted.find(({ selected }) => selected)?.item.color ?? "#ffffff";
  drawHandles(context, state.handles, preview?.handle ?? null, color, style, unit);
  context.setTransform(1, 0, 0, 1, 0, 0);
  const { turn } = style;
  if (preview?.crosshair) drawCrosshair(context, preview.crosshair, view, ratio);
  context.font = `${style.textSize * ratio}px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  if (turn !== 0) context.setTransform(...uprightMatrix(turn, view.width, view.height));
  const [width, height] = turnSize([view.width, view.height], turn);
  const screen = { width, height };
  for (const { item, lines } of state.lifted) {
    if (lines.length > 0) drawTextBeside(context, item, lines, boxOnScreen(item.box, view, turn), screen, style);
  }
  if (preview?.readout) {
    const [x, y] = onScreen(toView(preview.readout.at, view), view.width, view.height, turn);
    const [left, top] = within(screen, x + 14 * ratio, y + 16 * ratio, context, [preview.readout.text], style);
    drawPlate(context, [preview.readout.text], left, top, style.textSize, ratio, preview.draft?.color ?? color);
  }
}

function toView([x, y]: Point, view: View): Point {
  return [x * view.scale + view.x, y * view.scale + view.y];
}

function drawHandles(
  context: Context,
  handles: readonly Handle[],
  active: Handle | null,
  color: string,
  style: Style,
  unit: number,
): void {
  const radius = style.pointRadius * unit;
  const top = handles.find((handle) => handle.kind === "side" && handle.index === 1);
  const rotate = handles.find((handle) => handle.kind === "rotate");
  context.lineWidth = 1.25 * unit;
  context.strokeStyle = color;
  if (top && rotate) {
    context.beginPath();
    context.moveTo(top.x, top.y);
    context.lineTo(rotate.x, rotate.y);
    context.stroke();
  }
  for (const handle of handles) {
    const { kind, x, y } = handle;
    const isActive = active !== null && active.kind === kind && active.index === handle.index;
    const size = kind === "edge" ? radius * 0.7 : radius;
    dotAt(context, [x, y], isActive ? size * 1.4 : size);
    context.fillStyle = isActive ? color : kind === "edge" ? "rgba(255, 255, 255, 0.55)" : "#ffffff";
    context.fill();
    // A dark ring keeps a pale colour apart from a pale picture.
    context.lineWidth = 2.5 * unit;
    context.strokeStyle = "rgba(0, 0, 0, 0.35)";
    context.stroke();
    context.lineWidth = 1.25 * unit;
    context.strokeStyle = isActive ? "#ffffff" : color;
    context.stroke();
  }
}

function drawDraft(context: Context, draft: Draft, style: Style, unit: number): void {
  const { points, color, type } = draft;
  if (points.length < 2) return;
  context.fillStyle = translucent(color, style.opacity);
  context.strokeStyle = color;
  context.lineWidth = style.lineWidth * SELECTED_WIDTH * unit;
  if (draft.figure) drawFigure(context, draft.figure, style, unit);
  else if (type !== "points") {
    context.beginPath();
    for (let i = 0; i + 1 < points.length; i += 2) {
      if (i === 0) context.moveTo(points[0] as number, points[1] as number);
      else context.lineTo(points[i] as number, points[i + 1] as number);
    }
    if (type === "polygon") context.fill();
    context.stroke();
    if (type === "polygon" && points.length > 4) {
      context.setLineDash([4 * unit, 4 * unit]);
      context.beginPath();
      context.moveTo(points.at(-2) as number, points.at(-1) as number);
      context.lineTo(points[0] as number, points[1] as number);
      context.stroke();
      context.setLineDash([]);
    }
  }
  context.fillStyle = "#ffffff";
  context.lineWidth = 1.25 * unit;
  for (let i = 0; i < draft.fixed; i++) {
    const radius = style.pointRadius * (i === 0 && type !== "points" ? 1.1 : 0.8) * unit;
    dotAt(context, [points[2 * i] as number, points[2 * i + 1] as number], radius);
    context.fill();
    context.stroke();
  }
}

function drawFigure(context: Context, figure: Figure, style: Style, unit: number): void {
  const kind = kindOf(figure.type);
  const path = new Path2D();
  kind.trace(figure, path);
  if (kind.filled) context.fill(path);
  context.stroke(path);
  if (!kind.dots) return;
  context.save();
  context.fillStyle = "#ffffff";
  for (let i = 0; i + 1 < figure.points.length; i += 2) {
    dotAt(context, [figure.points[i] as number, figure.points[i + 1] as number], style.pointRadius * unit);
    context.fill();
    context.stroke();
  }
  context.restore();
}

function drawBand(context: Context, [x0, y0, x1, y1]: readonly [number, number, number, number], unit: number): void {
  context.beginPath();
  context.rect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
  context.fillStyle = "rgba(64, 140, 255, 0.15)";
  context.fill();
  context.lineWidth = unit;
  context.strokeStyle = "rgba(64, 140, 255, 0.95)";
  context.stroke();
}

/** White on a dark edge, to be seen on any picture. */
function drawCrosshair(context: Context, at: Point, view: View, ratio: number): void {
  const [x, y] = toView(at, view);
  // Half a pixel puts a line of one pixel on pixels instead of between them.
  const column = Math.floor(x / ratio) * ratio + ratio / 2;
  const row = Math.floor(y / ratio) * ratio + ratio / 2;
  for (const [width, color] of [
    [3, "rgba(0, 0, 0, 0.28)"],
    [1, "rgba(255, 255, 255, 0.9)"],
  ] as const) {
    context.lineWidth = width * ratio;
    context.strokeStyle = color;
    context.beginPath();
    context.moveTo(column, 0);
    context.lineTo(column, view.height);
    context.moveTo(0, row);
    context.lineTo(view.width, row);
    context.stroke();
  }
}

/** Right of the object if there is room, else left of it, else inside the view. */
function drawTextBeside(context: Context, item: Item, lines: readonly string[], box: Box, screen: Extent, style: Style): void {
  if (box.maxX < 0 || box.maxY < 0 || box.minX > screen.width || box.minY > screen.height) return;
  const ratio = style.pixelRatio;
  if (style.centerTexts) {
    const [width, height] = plateOf(context, lines, style);
    if (width <= box.maxX - box.minX && height <= box.maxY - box.minY) {
      const [x, y] = [(box.minX + box.maxX - width) / 2, (box.minY + box.maxY - height) / 2];
      drawPlate(context, lines, Math.round(x), Math.round(y), style.textSize, ratio, item.color);
      return;
    }
  }
  const gap = (GAP + (kindOf(item.type).rotatable || kindOf(item.type).minimumVertices > 0 ? style.pointRadius : 0)) * ratio;
  const width = widestLine(context, lines) + 9 * ratio;
  let left = box.maxX + gap;
  if (left + width > screen.width) left = box.minX - gap - width;
  const [x, y] = within(screen, left, Math.max(0, box.minY), context, lines, style);
  drawPlate(context, lines, x, y, style.textSize, ratio, item.color);
}

function boxOnScreen(box: Box, view: View, turn: Turn): Box {
  const a = onScreen(toView([box.minX, box.minY], view), view.width, view.height, turn);
  const b = onScreen(toView([box.maxX, box.maxY], view), view.width, view.height, turn);
  return boxOfPoints([...a, ...b]);
}

function plateOf(context: Context, lines: readonly string[], style: Style): readonly [width: number, height: number] {
  const width = widestLine(context, lines) + 9 * style.pixelRatio;
  return [width, (lines.length * (style.textSize + 2) + 4) * style.pixelRatio];
}

/** Shift a plate so that it is inside the view. */
function within(
  screen: Extent,
  left: number,
  top: number,
  context: Context,
  lines: readonly string[],
  style: Style,
): readonly [number, number] {
  const [width, height] = plateOf(context, lines, style);
  return [
    Math.round(Math.max(0, Math.min(left, screen.width - width))),
    Math.round(Math.max(0, Math.min(top, screen.height - height))),
  ];
}
