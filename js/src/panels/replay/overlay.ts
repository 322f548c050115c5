/** What a replay draws over the canvas: outlines of what changed, and the trail of the pointer. */
import type { ObjectState } from "../../document/records";
import type { Editor } from "../../editor";
import type { Scene } from "../../scene/scene";
import { figureOf } from "../../shapes/figure";
import { kindOf } from "../../shapes/index";
import type { Figure } from "../../shapes/kind";
import type { TrailLine } from "./trail";

const FLASH_MS = 1400;
const WIDTH = 2.5;

interface Flash {
  readonly figures: readonly Figure[];
  readonly frame: number;
  /** The objects are gone: only this shows where they were. */
  readonly gone: boolean;
  readonly from: number;
}

/** The figures of objects that have one. */
export function figuresOf(editor: Editor, states: readonly (ObjectState | null)[]): readonly Figure[] {
  return states.flatMap((state) => (state && state.type !== "tag" ? [figureOf(state, editor.labelOf(state.label))] : []));
}

export class Overlay {
  private readonly canvas: HTMLCanvasElement;
  private flashes: Flash[] = [];
  private empty = true;

  constructor(private readonly scene: Scene) {
    this.canvas = scene.host.ownerDocument.createElement("canvas");
    this.canvas.className = "cvw-replay-overlay";
    this.canvas.setAttribute("aria-hidden", "true");
    scene.host.append(this.canvas);
  }

  dispose(): void {
    this.canvas.remove();
  }

  flash(figures: readonly Figure[], frame: number, gone: boolean): void {
    if (figures.length > 0) this.flashes.push({ figures, frame, gone, from: performance.now() });
  }

  /** Draw what is to be seen now; true while that changes by itself. */
  draw(trails: readonly TrailLine[]): boolean {
    const now = performance.now();
    this.flashes = this.flashes.filter(({ from }) => now - from < FLASH_MS);
    const nothing = trails.length === 0 && this.flashes.length === 0;
    if (nothing && this.empty) return false;
    this.empty = nothing;
    const context = this.prepared();
    if (!context) return false;
    const shown = this.scene.shownFrame.peek();
    for (const flash of this.flashes) {
      if (flash.frame === shown) this.drawFlash(context, flash, 1 - (now - flash.from) / FLASH_MS);
    }
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const trail of trails) this.drawTrail(context, trail);
    return !nothing;
  }

  private get ratio(): number {
    return this.canvas.ownerDocument.defaultView?.devicePixelRatio ?? 1;
  }

  private prepared(): CanvasRenderingContext2D | null {
    const [width, height] = this.scene.viewport.size.peek();
    const [wide, high] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    const context = this.canvas.getContext("2d");
    context?.setTransform(1, 0, 0, 1, 0, 0);
    context?.clearRect(0, 0, wide, high);
    return context;
  }

  /** Draw in pixels of the picture. */
  private enter(context: CanvasRenderingContext2D): number {
    const { viewport } = this.scene;
    const [x0, y0] = viewport.toScreen(0, 0);
    const [x1, y1] = viewport.toScreen(1, 0);
    const [x2, y2] = viewport.toScreen(0, 1);
    const ratio = this.ratio;
    context.setTransform((x1 - x0) * ratio, (y1 - y0) * ratio, (x2 - x0) * ratio, (y2 - y0) * ratio, x0 * ratio, y0 * ratio);
    return 1 / viewport.scale.peek();
  }

  private drawFlash(context: CanvasRenderingContext2D, { figures, gone }: Flash, strength: number): void {
    const unit = this.enter(context);
    context.globalAlpha = Math.min(1, strength * 1.6);
    context.lineJoin = "round";
    const path = new Path2D();
    for (const figure of figures) trace(figure, path, unit);
    context.setLineDash(gone ? [7 * unit, 5 * unit] : []);
    // A dark seam makes the line visible on any picture.
    for (const [width, color] of [
      [WIDTH + 3, "rgb(0 0 0 / 55%)"],
      [WIDTH, gone ? "#ff8a80" : "#ffe14d"],
    ] as const) {
      context.lineWidth = width * unit;
      context.strokeStyle = color;
      context.stroke(path);
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  private drawTrail(context: CanvasRenderingContext2D, trail: TrailLine): void {
    const { viewport } = this.scene;
    const points = trail.map((point) => ({ ...point, at: viewport.toScreen(point.x, point.y) }));
    context.lineCap = "round";
    for (let i = 1; i < points.length; i++) {
      const [from, to] = [points[i - 1], points[i]];
      if (!from || !to) continue;
      context.globalAlpha = Math.max(0, 1 - from.age);
      for (const [width, color] of [
        [from.pressed ? 7 : 5, "rgb(0 0 0 / 35%)"],
        [from.pressed ? 5 : 3, from.pressed ? "#ffe14d" : "#ffffff"],
      ] as const) {
        context.lineWidth = width;
        context.strokeStyle = color;
        context.beginPath();
        context.moveTo(...from.at);
        context.lineTo(...to.at);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    const head = points.at(-1);
    if (head) drawPointer(context, head.at, head.pressed);
  }
}

function trace(figure: Figure, path: Path2D, unit: number): void {
  const kind = kindOf(figure.type);
  kind.trace(figure, path);
  if (!kind.dots) return;
  const radius = 7 * unit;
  for (let i = 0; i + 1 < figure.points.length; i += 2) {
    const [x, y] = [figure.points[i] as number, figure.points[i + 1] as number];
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

const ARROW = [0, 0, 0, 16, 4.2, 12.4, 7, 18.6, 9.6, 17.4, 6.9, 11.4, 12, 11] as const;

function drawPointer(context: CanvasRenderingContext2D, [x, y]: readonly [number, number], pressed: boolean): void {
  if (pressed) {
    context.beginPath();
    context.arc(x, y, 11, 0, 2 * Math.PI);
    context.fillStyle = "rgb(255 225 77 / 45%)";
    context.fill();
  }
  context.beginPath();
  for (let i = 0; i < ARROW.length; i += 2) context.lineTo(x + (ARROW[i] as number), y + (ARROW[i + 1] as number));
  context.closePath();
  context.lineJoin = "round";
  context.lineWidth = 1.5;
  context.fillStyle = "#111";
  context.strokeStyle = "#fff";
  context.fill();
  context.stroke();
}
