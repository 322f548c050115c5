/** What actions act on. */
import { type Signal, signal } from "@preact/signals";
import type { DrawTool, Editor, WorkspaceName } from "../editor";
import type { Scene } from "../scene/scene";
import type { ToolManager } from "../tools/manager";

/** A dialog over the canvas; at most one is open. */
export type DialogName =
  | "palette"
  | "filter"
  | "statistics"
  | "actions"
  | "propagate"
  | "remove-range"
  | "keys"
  | "labels"
  | "link"
  | "color"
  | "export"
  | "import"
  | "task"
  | "guide"
  | "job";

/** What is open in this view. */
export class UiState {
  readonly help: Signal<boolean> = signal(false);
  readonly settings: Signal<boolean> = signal(false);
  /** Null until the panel was opened once. */
  readonly models: Signal<boolean | null> = signal(null);
  readonly dialog: Signal<DialogName | null> = signal(null);
  readonly tab: Signal<"objects" | "labels" | "issues"> = signal("objects");
  /** In a narrow cell the sidebar lies over the canvas. */
  readonly sidebarOpen: Signal<boolean> = signal(true);
  readonly expanded: Signal<ReadonlySet<number>> = signal(new Set());
  readonly sort: Signal<"id" | "label" | "layer"> = signal("id");
  /** What the two buttons beside play go to. */
  readonly stepping: Signal<"frame" | "annotated" | "empty"> = signal("frame");
  /** Where the choice of that is open. */
  readonly stepMenu: Signal<Element | null> = signal(null);
  /** The menu of the job is open. */
  readonly menu: Signal<boolean> = signal(false);
  /** Where the user was when the job was open last, while that is offered. */
  readonly place: Signal<number | null> = signal(null);
  /** What N draws. */
  readonly lastTool: Signal<DrawTool | "interact" | "scissors"> = signal("rectangle");
  /** Rises when the keyboard shall go back to the notebook. */
  readonly leave: Signal<number> = signal(0);
  /** Rises when the frame field shall take the focus. */
  readonly frameFieldWanted: Signal<number> = signal(0);

  /** Close what lies over the rest; true if something did. */
  closeOverlay(): boolean {
    if (this.dialog.value) {
      this.dialog.value = null;
      return true;
    }
    for (const open of [this.menu, this.help, this.settings, this.models]) {
      if (open.value) {
        open.value = false;
        return true;
      }
    }
    return false;
  }
}

export interface Context {
  readonly editor: Editor;
  readonly scene: Scene;
  readonly tools: ToolManager;
  readonly ui: UiState;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly flush: () => void;
}

export interface Action {
  readonly id: string;
  readonly label: string;
  readonly group:
    | "General"
    | "Player"
    | "Draw"
    | "Objects"
    | "Tracks"
    | "Labels"
    | "View"
    | "Attributes"
    | "Tags"
    | "Single shape"
    | "Review"
    | "Frames";
  readonly keys: readonly string[];
  /** Only there in this workspace, where its keys go before those of other actions. */
  readonly workspace?: WorkspaceName;
  readonly enabled?: (context: Context) => boolean;
  readonly run: (context: Context) => void;
}
