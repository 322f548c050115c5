/** The small sign over the canvas: a frame is loading, or cannot be read. */

/** A frame that arrives sooner than this shows no sign: it would only flicker. */
const PATIENCE_MS = 180;

export class Notice {
  private readonly element: HTMLElement;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement) {
    this.element = host.ownerDocument.createElement("div");
    this.element.className = "cvw-canvas-notice";
    this.element.setAttribute("role", "status");
    Object.assign(this.element.style, {
      position: "absolute",
      pointerEvents: "none",
      maxWidth: "calc(100% - 24px)",
      padding: "4px 10px",
      borderRadius: "6px",
      font: "12px/1.5 var(--cvw-font, system-ui, sans-serif)",
      color: "#ffffff",
      background: "rgba(18, 20, 24, 0.78)",
      overflowWrap: "anywhere",
      zIndex: "2",
    });
    this.element.hidden = true;
    host.append(this.element);
  }

  loading(frame: number): void {
    clearTimeout(this.timer);
    if (!this.element.hidden && this.element.dataset.kind === "error") this.element.hidden = true;
    const show = (): void => this.show("loading", `Loading frame ${frame}…`);
    if (this.element.hidden) this.timer = setTimeout(show, PATIENCE_MS);
    else show();
  }

  error(text: string): void {
    clearTimeout(this.timer);
    this.show("error", text);
  }

  clear(): void {
    clearTimeout(this.timer);
    // Saying it anew would have the browser compute styles, for each frame that is played.
    if (!this.element.hidden) this.element.hidden = true;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }

  private show(kind: "loading" | "error", text: string): void {
    const { element } = this;
    element.dataset.kind = kind;
    element.textContent = text;
    const centred = kind === "error";
    Object.assign(element.style, {
      top: centred ? "50%" : "12px",
      left: centred ? "50%" : "auto",
      right: centred ? "auto" : "12px",
      transform: centred ? "translate(-50%, -50%)" : "none",
    });
    element.hidden = false;
  }
}
