/** Which workspace a view is in, and what its special ones remember. */
import { type Signal, signal } from "@preact/signals";
import type { DrawTool } from "../editor";

export type WorkspaceName = "standard" | "attributes" | "tags" | "single-shape" | "review";

export class WorkspaceState {
  /** Attribute annotation: which attribute of the selected object is being answered. */
  readonly attribute: Signal<number> = signal(0);
  /** Tag annotation: the label that N adds; null: the first. */
  readonly tag: Signal<number | null> = signal(null);
  /** Single shape: what is drawn where the label leaves the choice. */
  readonly shape: Signal<DrawTool> = signal("rectangle");
  /** Single shape: whether the next picture is waiting for its shape. */
  readonly drawing: Signal<boolean> = signal(false);
  /** Single shape: every picture has been seen. */
  readonly finished: Signal<boolean> = signal(false);
}
