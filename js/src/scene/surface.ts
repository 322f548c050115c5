/** Canvases that are never shown. */
import type { Context } from "./painter";
import { type Turn, turnSize, turnVector } from "./picture-turn";

export type Surface = OffscreenCanvas | HTMLCanvasElement;

export function createSurface(width: number, height: number): Surface {
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  return canvas;
}

export function contextOf(surface: Surface): Context {
  const context = surface.getContext("2d") as Context | null;
  if (!context) throw new Error("This browser gives no 2D drawing context.");
  return context;
}

/** A surface as it looks after quarter turns. */
export function upright(surface: Surface, turn: Turn): Surface {
  if (turn === 0) return surface;
  const turned = createSurface(...turnSize([surface.width, surface.height], turn));
  const context = contextOf(turned);
  const [a, b] = turnVector([1, 0], turn);
  const [c, d] = turnVector([0, 1], turn);
  context.setTransform(a, b, c, d, Math.min(0, a + c) * -turned.width, Math.min(0, b + d) * -turned.height);
  context.drawImage(surface, 0, 0);
  return turned;
}

export function toPng(surface: Surface): Promise<Blob> {
  if ("convertToBlob" in surface) return surface.convertToBlob({ type: "image/png" });
  return new Promise((resolve, reject) => {
    surface.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be encoded."))), "image/png");
  });
}
