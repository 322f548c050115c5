/** A state of the tool tree: a tool at the top, the step of a gesture below it. */
import type { Editor } from "../editor";
import type { Stage } from "../scene/stage";
import type { Point } from "../shapes/kind";

/** A pointer event in the terms of tools. */
export interface ToolEvent {
  /** In pixels of the picture. */
  readonly point: Point;
  /** In CSS pixels from the top left of the canvas. */
  readonly screen: Point;
  /** 1, or 2 for the second press of a double click. */
  readonly clicks: number;
  readonly shift: boolean;
  /** Ctrl, or Command. */
  readonly ctrl: boolean;
  readonly alt: boolean;
}

export type KeyInput = Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "repeat">;

export type WheelInput = Pick<WheelEvent, "shiftKey" | "ctrlKey" | "metaKey">;

export interface ToolContext {
  readonly editor: Editor;
  readonly stage: Stage;
}

/** A pointer that moved less than this between press and release clicked. In CSS pixels. */
export const CLICK_DISTANCE = 3;

export function movedFar(a: Point, b: Point): boolean {
  return Math.hypot(a[0] - b[0], a[1] - b[1]) > CLICK_DISTANCE;
}

export abstract class State {
  abstract readonly name: string;
  private child: State | null = null;

  constructor(protected readonly context: ToolContext) {}

  /** "select.moving" */
  get path(): string {
    return this.child ? `${this.name}.${this.child.path}` : this.name;
  }

  get step(): State | null {
    return this.child;
  }

  /** Leave the present step and enter another, or none. */
  go(next: State | null): void {
    this.child?.exit();
    this.child = next;
    next?.enter();
  }

  enter(): void {}

  /** Leave without a trace on the stage; whatever should last was committed before. */
  exit(): void {
    this.go(null);
  }

  pointerDown(event: ToolEvent): void {
    this.child?.pointerDown(event);
  }

  pointerMove(event: ToolEvent): void {
    this.child?.pointerMove(event);
  }

  pointerUp(event: ToolEvent): void {
    this.child?.pointerUp(event);
  }

  /** A click with the right button; true if it was used. */
  secondary(): boolean {
    return this.child?.secondary() ?? false;
  }

  pointerLeave(): void {
    this.child?.pointerLeave();
  }

  /** True if the key was used. */
  key(event: KeyInput): boolean {
    return this.child?.key(event) ?? false;
  }

  /** Escape: back to what was before the gesture. True if there was one. */
  cancel(): boolean {
    return this.child?.cancel() ?? false;
  }

  /** Enter: the gesture is done. True if there was one. */
  complete(): boolean {
    return this.child?.complete() ?? false;
  }

  /** The wheel turned by `delta` CSS pixels; true if that was used, else it zooms. */
  wheel(delta: number, event: WheelInput): boolean {
    return this.child?.wheel(delta, event) ?? false;
  }

  /** Another frame is shown. */
  frameChanged(): void {
    this.child?.frameChanged();
  }
}
