/** The two canvases of a view, one over the other, as large as the view and turned as the picture is. */
import type { Turn } from "./picture-turn";
import { cssOfTurn, turnSize } from "./picture-turn";

export class Canvases {
  /** The picture and the shapes that nobody is working on. */
  readonly base: HTMLCanvasElement;
  /** What the user is working on. */
  readonly top: HTMLCanvasElement;

  constructor(private readonly host: HTMLElement) {
    if (getComputedStyle(host).position === "static") host.style.position = "relative";
    host.style.overflow = "hidden";
    host.style.touchAction = "none";
    this.base = this.add("cvw-canvas-base");
    // An opaque canvas is put on the screen by copying, without mixing it with what lies below.
    this.base.getContext("2d", { alpha: false });
    this.top = this.add("cvw-canvas-top");
  }

  /** Bitmap pixels to a CSS pixel. */
  get pixelRatio(): number {
    return this.host.ownerDocument.defaultView?.devicePixelRatio || 1;
  }

  /** The colour of the host, which the opaque canvas must paint itself. */
  get background(): string {
    const color = getComputedStyle(this.host).backgroundColor;
    return color === "" || color === "transparent" || color === "rgba(0, 0, 0, 0)" ? "#26282b" : color;
  }

  /** Call back whenever the ratio changes, as when the window moves to another screen; returns how to stop. */
  watchPixelRatio(changed: () => void): () => void {
    let query: MediaQueryList | null = null;
    const watch = (): void => {
      query?.removeEventListener("change", watch);
      query = matchMedia(`(resolution: ${this.pixelRatio}dppx)`);
      query.addEventListener("change", watch);
      changed();
    };
    watch();
    return () => query?.removeEventListener("change", watch);
  }

  /** Take the size of the host, in CSS pixels, and a turn; whether the bitmaps are new, and so empty. */
  resize(width: number, height: number, turn: Turn): boolean {
    const [turnedWidth, turnedHeight] = turnSize([width, height], turn);
    const ratio = this.pixelRatio;
    let renewed = false;
    for (const canvas of [this.base, this.top]) {
      canvas.style.width = `${turnedWidth}px`;
      canvas.style.height = `${turnedHeight}px`;
      canvas.style.transform = cssOfTurn(turn, width, height);
      const [w, h] = [Math.round(turnedWidth * ratio), Math.round(turnedHeight * ratio)];
      if (canvas.width === w && canvas.height === h) continue;
      canvas.width = w;
      canvas.height = h;
      renewed = true;
    }
    return renewed;
  }

  dispose(): void {
    this.base.remove();
    this.top.remove();
  }

  private add(name: string): HTMLCanvasElement {
    const canvas = this.host.ownerDocument.createElement("canvas");
    canvas.className = name;
    canvas.setAttribute("aria-hidden", "true");
    Object.assign(canvas.style, { position: "absolute", inset: "0", display: "block", transformOrigin: "0 0" });
    canvas.width = 0;
    canvas.height = 0;
    this.host.append(canvas);
    return canvas;
  }
}
