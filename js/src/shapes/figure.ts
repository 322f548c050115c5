/** Figures of objects, and the way back from a figure to an object's own fields. */
import type { Element, LabelSpec, ObjectState } from "../document/records";
import { EMPTY_EDGES, type Figure } from "./kind";

/** Joints that are shown, in the order of their points in the figure. */
export function shownElements(state: Pick<ObjectState, "elements">): readonly Element[] {
  return state.elements.filter((element) => !element.outside && element.points.length >= 2);
}

export function figureOf(state: ObjectState, label: LabelSpec | undefined): Figure {
  const { type, points, rotation } = state;
  if (type !== "skeleton") return { type, points, rotation, edges: EMPTY_EDGES };
  const shown = shownElements(state);
  const joints = shown.flatMap(({ points: [x, y] }) => [x as number, y as number]);
  return { type, points: joints, rotation: 0, edges: edgesOf(shown, label) };
}

/** The elements of a skeleton with the joints of a figure; joints that are not shown stay where they are. */
export function elementsOf(state: ObjectState, figure: Figure): readonly Element[] {
  const shown = new Map(shownElements(state).map((element, i) => [element.id, i]));
  return state.elements.map((element) => {
    const i = shown.get(element.id);
    if (i === undefined) return element;
    return { ...element, points: [figure.points[2 * i] as number, figure.points[2 * i + 1] as number] };
  });
}

interface Template {
  /** Pairs of ids or names of sublabels. */
  readonly bones: readonly (readonly [string, string])[];
}

const templates = new Map<string, Template>();

/** Read the bones out of a label's template. The text is searched, never parsed as markup or put in the page. */
function templateOf(svg: string): Template {
  let template = templates.get(svg);
  if (!template) {
    const nodes = new Map<string, string>();
    for (const [tag] of svg.matchAll(/<circle\b[^>]{0,2000}>/g)) {
      const node = attribute(tag, "data-node-id");
      const label = attribute(tag, "data-label-id") ?? attribute(tag, "data-label-name");
      if (node !== undefined && label !== undefined) nodes.set(node, label);
    }
    const bones: (readonly [string, string])[] = [];
    for (const [tag] of svg.matchAll(/<line\b[^>]{0,2000}>/g)) {
      const from = nodes.get(attribute(tag, "data-node-from") ?? "");
      const to = nodes.get(attribute(tag, "data-node-to") ?? "");
      if (from !== undefined && to !== undefined) bones.push([from, to]);
    }
    template = { bones };
    if (templates.size > 256) templates.clear();
    templates.set(svg, template);
  }
  return template;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(tag)?.[1];
}

function edgesOf(elements: readonly Element[], label: LabelSpec | undefined): readonly number[] {
  if (!label?.svg) return EMPTY_EDGES;
  const index = new Map<string, number>();
  elements.forEach((element, i) => {
    index.set(String(element.label), i);
    const name = label.sublabels.find((sublabel) => sublabel.id === element.label)?.name;
    if (name !== undefined) index.set(name, i);
  });
  const edges: number[] = [];
  for (const [from, to] of templateOf(label.svg).bones) {
    const a = index.get(from);
    const b = index.get(to);
    if (a !== undefined && b !== undefined) edges.push(a, b);
  }
  return edges;
}
