/** What the tools that ask the kernel for shapes share: Ctrl that holds requests back, the way out, and how a result is taken over. */
import { effect, untracked } from "@preact/signals";
import type { ShapeType } from "../../document/records";
import { EMPTY_EDGES, type Figure } from "../../shapes/kind";
import { drawingRefusal } from "../commit";
import { Drawing } from "../draw/drawing";
import { refusal } from "../rules";
import type { KeyInput, ToolEvent } from "../state";
import { commitSuggestion } from "./commit";
import { type Interaction, interactionOf } from "./interaction";

/** Shown in place of the object that is being refined. */
const NOTHING: Figure = { type: "mask", points: [1, 0, 0, 0, 0], rotation: 0, edges: EMPTY_EDGES };

export abstract class Suggesting extends Drawing {
  protected readonly interaction: Interaction;
  private readonly stops: (() => void)[] = [];
  /** Whether the next object is begun once this one is finished. */
  private continues = false;

  constructor(...[context]: ConstructorParameters<typeof Drawing>) {
    super(context);
    this.interaction = interactionOf(context.editor);
  }

  protected override get drawn(): ShapeType {
    return this.interaction.output.peek();
  }

  protected override get color(): string {
    const { editor } = this.context;
    const target = this.interaction.target.peek();
    return (target && editor.labelOf(target.label)?.color) || super.color;
  }

  override enter(): void {
    const { editor, stage } = this.context;
    const id = editor.redrawing.peek();
    const target = id === null ? undefined : editor.objects.peek().find((state) => state.id === id);
    if (target) {
      stage.setCursor("crosshair");
      editor.selection.value = [];
      editor.hovered.value = null;
    } else super.enter();
    this.interaction.begin(target ?? null);
    this.stops.push(
      effect(() => {
        this.follow();
        editor.activeLabel.value;
        editor.settings.value.polygonDetail;
        untracked(() => this.show());
      }),
    );
    // The tool hears of keys that go down; this one matters when it comes up, wherever the focus is.
    const release = (event: KeyboardEvent): void => {
      if (event.key === "Control" || event.key === "Meta") this.interaction.hold(false);
    };
    globalThis.addEventListener?.("keyup", release, true);
    this.stops.push(() => globalThis.removeEventListener?.("keyup", release, true));
  }

  override exit(): void {
    for (const stop of this.stops.splice(0)) stop();
    super.exit();
    this.interaction.end();
  }

  override pointerMove(event: ToolEvent): void {
    this.interaction.hold(event.ctrl);
    super.pointerMove(event);
  }

  override key(event: KeyInput): boolean {
    if (event.key === "Control" || event.key === "Meta") {
      this.interaction.hold(true);
      return false;
    }
    if (event.key.toLowerCase() === "n" && event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.continues = true;
      return this.complete();
    }
    return super.key(event);
  }

  /** Finish this object and begin the next. */
  completeAndContinue(): void {
    this.continues = true;
    this.complete();
  }

  /** Read what the picture on the canvas depends on. */
  protected abstract follow(): void;

  /** Forget what was drawn so far. */
  protected abstract clear(): void;

  /** Add the shape, or change the one that is refined; false if it is refused. */
  protected accept(figure: Figure, score: number, by: string): boolean {
    const { editor } = this.context;
    const target = this.interaction.target.peek();
    const { continues } = this;
    this.continues = false;
    const reason = (figure.type === "mask" ? null : refusal(figure)) ?? (target ? null : drawingRefusal(editor, figure.type));
    if (reason) {
      editor.toast("warning", reason);
      return false;
    }
    const id = commitSuggestion(editor, figure, score, by, target);
    if (continues) {
      editor.redrawing.value = null;
      this.interaction.target.value = null;
      this.clear();
    } else {
      editor.tool.value = "select";
      if (id !== null) editor.selection.value = [id];
    }
    return true;
  }

  /** The object that is refined is left out while it is. */
  protected get standIns(): { figures?: ReadonlyMap<number, Figure> } {
    const target = this.interaction.target.peek();
    return target ? { figures: new Map([[target.id, NOTHING]]) } : {};
  }
}
