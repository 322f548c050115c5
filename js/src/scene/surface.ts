/** Canvases that are never shown. */
import type { Context } from "./painter";

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

export function toPng(surface: Surface): Promise<Blob> {
  if ("convertToBlob" in surface) return surface.convertToBlob({ type: "image/png" });
  return new Promise((resolve, reject) => {
    surface.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be encoded."))), "image/png");
  });
}
