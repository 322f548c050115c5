/** What is drawn of an object: its figure and its look, made from an ObjectState. Items are never changed in place. */
import type { Signal } from "@preact/signals";
import type { LabelSpec, ObjectState } from "../document/records";
import type { Editor, Settings } from "../editor";
import { figureOf } from "../shapes/figure";
import { kindOf } from "../shapes/index";
import type { Box, Figure } from "../shapes/kind";
import { summaryOf, textKey } from "./text";

export interface Item extends Figure {
  readonly id: number;
  readonly color: string;
  /** Occluded objects have a dashed outline. */
  readonly dashed: boolean;
  /** "car 12 · parked: yes", drawn when every object shows its text. */
  readonly text: string;
  readonly box: Box;
}

type Look = Pick<Editor, "labelOf" | "colorOf" | "ownColors"> & {
  readonly labels: Signal<readonly LabelSpec[]>;
  readonly settings: Signal<Settings>;
};

export function makeItem(state: ObjectState, look: Look): Item {
  const label = look.labelOf(state.label);
  const figure = figureOf(state, label);
  return {
    ...figure,
    id: state.id,
    color: look.colorOf(state),
    dashed: state.occluded,
    text: summaryOf(state, look, look.settings.value),
    box: kindOf(figure.type).bounds(figure),
  };
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function sameItem(a: Item, b: Item): boolean {
  return (
    a.type === b.type &&
    a.rotation === b.rotation &&
    a.color === b.color &&
    a.dashed === b.dashed &&
    a.text === b.text &&
    sameNumbers(a.points, b.points) &&
    sameNumbers(a.edges, b.edges)
  );
}

/** Makes the items of a frame and keeps the ones whose object did not change, so that layers can compare by identity. */
export class ItemList {
  items: readonly Item[] = [];
  private known = new Map<number, { state: ObjectState; item: Item }>();
  /** The settings that items depend on. */
  private key = "";
  private labels: readonly LabelSpec[] | null = null;
  private colors: ReadonlyMap<number, string> | null = null;

  update(states: readonly ObjectState[], look: Look): readonly Item[] {
    const settings = look.settings.value;
    const key = `${settings.colorBy},${textKey(settings)}`;
    const labels = look.labels.value;
    const colors = look.ownColors.value;
    const sameLook = key === this.key && labels === this.labels && colors === this.colors;
    const next = new Map<number, { state: ObjectState; item: Item }>();
    const items: Item[] = [];
    for (const state of states) {
      if (state.type === "tag") continue;
      const before = this.known.get(state.id);
      let item: Item;
      if (before && sameLook && before.state === state) {
        item = before.item;
      } else {
        item = makeItem(state, look);
        if (before && sameItem(before.item, item)) item = before.item;
      }
      next.set(state.id, { state, item });
      items.push(item);
    }
    this.known = next;
    this.key = key;
    this.labels = labels;
    this.colors = colors;
    this.items = items;
    return items;
  }
}
