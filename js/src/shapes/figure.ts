/** Figures of objects, and the way back from a figure to an object's own fields. */
import type { Element, LabelSpec, ObjectState } from "../document/records";
import { EMPTY_EDGES, type Figure } from "./kind";
import { templateOf } from "./template";

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

export function edgesOf(elements: readonly Pick<Element, "label">[], label: LabelSpec | undefined): readonly number[] {
  if (!label?.svg) return EMPTY_EDGES;
  const index = new Map<string, number>();
  elements.forEach((element, i) => {
    index.set(`#${element.label}`, i);
    const name = label.sublabels.find((sublabel) => sublabel.id === element.label)?.name;
    if (name !== undefined) index.set(`=${name}`, i);
  });
  const edges: number[] = [];
  for (const [from, to] of templateOf(label.svg).bones) {
    const a = index.get(from);
    const b = index.get(to);
    if (a !== undefined && b !== undefined) edges.push(a, b);
  }
  return edges;
}
