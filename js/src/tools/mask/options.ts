/** How masks are drawn: what the bar over the canvas, the keys and the tool share. */
import { computed, type Signal, signal } from "@preact/signals";
import type { Brush } from "../../geometry/brush";

export const MASK_TOOLS = ["brush", "eraser", "polygon-plus", "polygon-minus"] as const;
export type MaskTool = (typeof MASK_TOOLS)[number];

export const MIN_BRUSH = 1;
export const MAX_BRUSH = 500;

/** One step of the keys and the wheel: small ones for small brushes. */
export function steppedSize(size: number, direction: 1 | -1): number {
  return clampedSize(size + direction * Math.max(1, Math.round(size / 10)));
}

export function clampedSize(size: number): number {
  return Math.min(MAX_BRUSH, Math.max(MIN_BRUSH, Math.round(size)));
}

/** Every size that steps lead to from the smallest brush on. */
export const BRUSH_SIZES: readonly number[] = (() => {
  const sizes = [MIN_BRUSH];
  while ((sizes.at(-1) as number) < MAX_BRUSH) sizes.push(steppedSize(sizes.at(-1) as number, 1));
  return sizes;
})();

export class MaskOptions {
  readonly tool: Signal<MaskTool> = signal<MaskTool>("brush");
  readonly form: Signal<Brush["form"]> = signal<Brush["form"]>("circle");
  /** Width of the brush in pixels of the picture. */
  readonly size: Signal<number> = signal(10);
  /** Whether a finished mask takes its pixels from every other visible, unlocked mask of the frame. */
  readonly removeUnderlying: Signal<boolean> = signal(false);
  /** Whether the mask is left out while it is drawn, to see the picture below. */
  readonly hidden: Signal<boolean> = signal(false);
  /** Whether nothing is drawn yet: then there is nothing to take away either. */
  readonly empty: Signal<boolean> = signal(true);
  /** The object whose mask the tool works on; null while it draws a new one. */
  readonly target: Signal<number | null> = signal<number | null>(null);
  readonly brush = computed<Brush>(() => ({ form: this.form.value, size: this.size.value }));
  /** Whether the next mask is begun once this one is finished; asked once. */
  continues = false;

  /** Choose how to draw; what takes away needs something to take from. */
  choose(tool: MaskTool): void {
    if (this.canUse(tool)) this.tool.value = tool;
  }

  canUse(tool: MaskTool): boolean {
    return adds(tool) || !this.empty.value;
  }

  /** Where nothing is left to be taken away, go on with what adds. */
  useWhatFits(): void {
    const tool = this.tool.peek();
    if (!this.canUse(tool)) this.tool.value = isPolygonTool(tool) ? "polygon-plus" : "brush";
  }

  /** The tool is left. */
  reset(): void {
    this.target.value = null;
    this.continues = false;
    this.empty.value = true;
    this.useWhatFits();
  }

  stepSize(direction: 1 | -1): void {
    this.size.value = steppedSize(this.size.peek(), direction);
  }
}

export function adds(tool: MaskTool): boolean {
  return tool === "brush" || tool === "polygon-plus";
}

export function isPolygonTool(tool: MaskTool): boolean {
  return tool === "polygon-plus" || tool === "polygon-minus";
}
