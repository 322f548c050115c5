/** Objects that the interaction layer draws: selected, hovered and dragged ones. The static layer leaves them out. */
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";
import { kindOf } from "../shapes/index";
import type { Figure } from "../shapes/kind";
import type { Lifted } from "./interaction-layer";
import type { Item } from "./items";
import type { SpatialIndex } from "./spatial-index";
import type { Preview } from "./stage";
import { textOf } from "./text";

/** Above this many selected objects texts would cover everything. */
const MAX_TEXTS = 12;
/** Above this many selected objects they stay in the static layer until they are dragged. */
const MAX_LIFTED = 500;

export class Lifting {
  preview: Preview | null = null;

  constructor(
    private readonly editor: Editor,
    private readonly index: SpatialIndex,
    private readonly stateOf: (id: number) => ObjectState | undefined,
  ) {}

  /** Ids whose figures the preview replaces. */
  get dragged(): ReadonlyMap<number, Figure> | undefined {
    const figures = this.preview?.figures;
    return figures && figures.size > 0 ? figures : undefined;
  }

  /** What the static layer leaves out. */
  get ids(): ReadonlySet<number> {
    const selection = this.editor.selection.peek();
    const ids = new Set(selection.length <= MAX_LIFTED ? selection : []);
    for (const id of this.dragged?.keys() ?? []) ids.add(id);
    return ids;
  }

  /** What is drawn instead, bottom first. */
  get items(): Lifted[] {
    const { editor, ids } = this;
    const selected = new Set(editor.selection.peek());
    const hovered = editor.hovered.peek();
    const settings = editor.settings.peek();
    const withText = settings.showText !== "never" && ids.size <= MAX_TEXTS;
    const lifted: Lifted[] = [];
    if (hovered !== null && !ids.has(hovered)) {
      const item = this.index.get(hovered);
      if (item) lifted.push({ item, selected: false, lines: [] });
    }
    for (const id of ids) {
      const item = this.shown(id);
      const state = this.stateOf(id);
      if (!item) continue;
      lifted.push({ item, selected: selected.has(id), lines: withText && state ? textOf(state, editor, settings) : [] });
    }
    return lifted;
  }

  /** An item as the gesture under way leaves it. */
  shown(id: number): Item | undefined {
    const item = this.index.get(id);
    const figure = this.preview?.figures?.get(id);
    return item && figure ? { ...item, ...figure, box: kindOf(figure.type).bounds(figure) } : item;
  }

  /** The one object that shows handles. */
  get editable(): Item | undefined {
    const { editor } = this;
    const [id, ...others] = editor.selection.peek();
    if (id === undefined || others.length > 0 || editor.info.readOnly || editor.isLocked(id)) return undefined;
    return this.shown(id);
  }
}
