/** Turns the events of the canvas into those of tools, and keeps the tool that `editor.tool` names. */
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Editor } from "../editor";
import type { Stage } from "../scene/stage";
import type { Point } from "../shapes/kind";
import { Panning } from "./panning";
import { Pinch } from "./pinch";
import { TOOLS } from "./registry";
import type { KeyInput, State, ToolContext, ToolEvent } from "./state";
import { isPinch, wheelFactor } from "./wheel";

export interface ContextMenuRequest {
  readonly clientX: number;
  readonly clientY: number;
  /** The object under the cursor. */
  readonly id: number | null;
  /** Index of its point under the cursor. */
  readonly vertex: number | null;
}

const DOUBLE_CLICK_MS = 400;
const DOUBLE_CLICK_DISTANCE = 5;

/** The scene, as far as tools and the events of the page need it. */
export interface HostedStage extends Stage {
  readonly host: HTMLElement;
}

export class ToolManager {
  /** Where in the tree of states the user is, for example "select.moving". */
  readonly current: ReadonlySignal<string>;
  /** A right click in the selection tool; the panels show the menu and set it back to null. */
  readonly contextMenu = signal<ContextMenuRequest | null>(null);
  private readonly path = signal("");
  private readonly context: ToolContext;
  private tool: State;
  /** Panning with the middle or right button, whatever the tool. */
  private panning: Panning | null = null;
  private readonly pinch: Pinch;
  private pressed: number | null = null;
  private lastPress: { readonly time: number; readonly screen: Point } | null = null;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly stage: HostedStage,
    private readonly editor: Editor,
  ) {
    this.current = this.path;
    this.context = { editor, stage };
    this.pinch = new Pinch(stage.viewport);
    this.tool = TOOLS.select(this.context);
    this.tool.enter();
    this.listen();
    this.stops.push(
      effect(() => {
        const name = editor.tool.value;
        untracked(() => this.switchTo(name));
      }),
      effect(() => {
        editor.frame.value;
        untracked(() => this.tool.frameChanged());
        this.update();
      }),
    );
  }

  /** A key press that no text field took; true if a tool used it. Escape and Enter arrive here as well. */
  key(event: KeyInput): boolean {
    let used = this.tool.key(event);
    if (!used && event.key === "Escape") used = this.cancel();
    if (!used && event.key === "Enter") used = this.complete();
    this.update();
    return used;
  }

  /** Back to what was before the gesture; true if there was one. */
  cancel(): boolean {
    if (this.panning) {
      this.panning.cancel();
      return true;
    }
    const used = this.tool.cancel();
    this.update();
    return used;
  }

  /** Finish the shape that is being drawn; true if there was one. */
  complete(): boolean {
    const used = this.tool.complete();
    this.update();
    return used;
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.tool.exit();
  }

  private switchTo(name: keyof typeof TOOLS): void {
    if (this.tool.name === name) return;
    this.tool.exit();
    this.tool = TOOLS[name](this.context);
    this.tool.enter();
    this.update();
  }

  private update(): void {
    this.path.value = this.panning ? `${this.tool.name}.panning` : this.tool.path;
  }

  private listen(): void {
    const { host } = this.stage;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      handler: (event: HTMLElementEventMap[K]) => void,
      options?: AddEventListenerOptions,
    ): void => {
      host.addEventListener(type, handler, options);
      this.stops.push(() => host.removeEventListener(type, handler, options));
    };
    host.style.userSelect = "none";
    on("pointerdown", (event) => this.pointerDown(event));
    on("pointermove", (event) => this.pointerMove(event));
    on("pointerup", (event) => this.pointerUp(event));
    on("pointercancel", (event) => this.pointerLost(event));
    on("pointerleave", () => this.tool.pointerLeave());
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    // The middle button would start the browser's own scrolling.
    on("mousedown", (event) => event.button === 1 && event.preventDefault());
  }

  private pointerDown(event: PointerEvent): void {
    if (event.pointerType === "touch" && this.pinch.down(event.pointerId, this.screenOf(event))) {
      // What the first finger began was not meant.
      if (this.tool.name === "select") this.tool.cancel();
      else this.tool.secondary();
      this.pressed = null;
      this.update();
      return;
    }
    if (this.pressed !== null) return;
    this.pressed = event.button;
    this.stage.host.setPointerCapture?.(event.pointerId);
    const toolEvent = this.toolEvent(event, this.countClicks(event));
    if (event.button === 0) this.tool.pointerDown(toolEvent);
    else this.startPanning(event, toolEvent);
    this.update();
  }

  private pointerMove(event: PointerEvent): void {
    if (this.pinch.active) {
      this.pinch.move(event.pointerId, this.screenOf(event));
      return;
    }
    // Between two frames of the screen the browser gathers moves; freehand lines and brushes want them all.
    const all = (event.shiftKey || this.tool.name === "mask") && !this.panning ? (event.getCoalescedEvents?.() ?? []) : [];
    for (const each of all.length > 0 ? all : [event]) {
      const toolEvent = this.toolEvent(each, 1);
      if (this.panning) this.panning.pointerMove(toolEvent);
      else this.tool.pointerMove(toolEvent);
    }
    this.update();
  }

  private pointerUp(event: PointerEvent): void {
    this.pinch.up(event.pointerId);
    if (this.pressed === null || event.button !== this.pressed) return;
    this.pressed = null;
    const toolEvent = this.toolEvent(event, 1);
    if (this.panning) this.panning.pointerUp();
    else this.tool.pointerUp(toolEvent);
    this.update();
  }

  private pointerLost(event: PointerEvent): void {
    this.pinch.up(event.pointerId);
    if (this.pressed === null) return;
    this.pressed = null;
    if (this.panning) this.panning.cancel();
    else if (this.tool.name === "select") this.tool.cancel();
    else this.tool.pointerLeave();
    this.update();
  }

  private startPanning(event: PointerEvent, toolEvent: ToolEvent): void {
    const cursor = this.stage.host.style.cursor;
    this.panning = new Panning(this.context, toolEvent, (moved) => {
      this.panning = null;
      this.stage.setCursor(cursor);
      if (!moved && event.button === 2 && !this.tool.secondary()) this.openMenu(event, toolEvent);
    });
    if (event.button !== 2) this.panning.enter();
  }

  private openMenu(event: PointerEvent, { point }: ToolEvent): void {
    if (this.tool.name !== "select") return;
    const hit = this.stage.handleAt(point);
    const id = hit?.id ?? this.stage.pickAt(point)[0] ?? null;
    if (id !== null && !this.editor.selection.value.includes(id)) this.editor.selection.value = [id];
    const vertex = hit?.handle.kind === "vertex" ? hit.handle.index : null;
    this.contextMenu.value = { clientX: event.clientX, clientY: event.clientY, id, vertex };
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    // With Shift, browsers turn the wheel sideways.
    if (!isPinch(event) && this.tool.wheel(event.deltaY || event.deltaX, event)) return;
    const [x, y] = this.screenOf(event);
    this.stage.viewport.zoomAt(wheelFactor(event), x, y);
  }

  private countClicks(event: PointerEvent): number {
    const screen = this.screenOf(event);
    const last = this.lastPress;
    const double =
      event.button === 0 &&
      last !== null &&
      event.timeStamp - last.time < DOUBLE_CLICK_MS &&
      Math.hypot(screen[0] - last.screen[0], screen[1] - last.screen[1]) < DOUBLE_CLICK_DISTANCE;
    // A third press begins a new count.
    this.lastPress = double || event.button !== 0 ? null : { time: event.timeStamp, screen };
    return double ? 2 : 1;
  }

  private screenOf(event: MouseEvent): Point {
    const box = this.stage.host.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private toolEvent(event: PointerEvent, clicks: number): ToolEvent {
    const screen = this.screenOf(event);
    return {
      screen,
      point: this.stage.viewport.toImage(...screen),
      clicks,
      shift: event.shiftKey,
      ctrl: event.ctrlKey || event.metaKey,
      alt: event.altKey,
    };
  }
}
