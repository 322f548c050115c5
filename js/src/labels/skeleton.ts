/** A skeleton while it is drawn: joints and edges, changed by pure functions. */
import { readSvg, type SvgJoint, writeSvg } from "./skeleton-svg";
import type { AttributeSpec, LabelSpec } from "./spec";

export interface Joint {
  /** Tells joints apart while names and places change. */
  readonly key: number;
  /** Id of its sublabel, 0 for a new one. */
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly attributes: readonly AttributeSpec[];
  readonly x: number;
  readonly y: number;
}

export interface Skeleton {
  readonly joints: readonly Joint[];
  /** Pairs of keys. */
  readonly edges: readonly (readonly [number, number])[];
}

export const SIDE = 100;
export const EMPTY: Skeleton = { joints: [], edges: [] };

const within = (value: number): number => Math.min(Math.max(Number(value.toFixed(4)), 0), SIDE);

export function jointOf(skeleton: Skeleton, key: number): Joint | undefined {
  return skeleton.joints.find((joint) => joint.key === key);
}

/** A new joint; its name is the first number that is free, as in CVAT. */
export function addJoint(skeleton: Skeleton, x: number, y: number): { skeleton: Skeleton; key: number } {
  const names = new Set(skeleton.joints.map(({ name }) => name));
  let number = skeleton.joints.length + 1;
  while (names.has(String(number))) number += 1;
  const key = Math.max(0, ...skeleton.joints.map((joint) => joint.key)) + 1;
  const joint: Joint = { key, id: 0, name: String(number), color: "", attributes: [], x: within(x), y: within(y) };
  return { skeleton: { ...skeleton, joints: [...skeleton.joints, joint] }, key };
}

export function changeJoint(skeleton: Skeleton, key: number, change: Partial<Omit<Joint, "key">>): Skeleton {
  return { ...skeleton, joints: skeleton.joints.map((joint) => (joint.key === key ? { ...joint, ...change } : joint)) };
}

export function moveJoint(skeleton: Skeleton, key: number, x: number, y: number): Skeleton {
  return changeJoint(skeleton, key, { x: within(x), y: within(y) });
}

export function removeJoint(skeleton: Skeleton, key: number): Skeleton {
  return {
    joints: skeleton.joints.filter((joint) => joint.key !== key),
    edges: skeleton.edges.filter((edge) => !edge.includes(key)),
  };
}

const joins = ([a, b]: readonly [number, number], from: number, to: number): boolean =>
  (a === from && b === to) || (a === to && b === from);

export function isJoined(skeleton: Skeleton, from: number, to: number): boolean {
  return skeleton.edges.some((edge) => joins(edge, from, to));
}

/** Join two joints; what is joined already, or is one joint, stays as it is. */
export function joinJoints(skeleton: Skeleton, from: number, to: number): Skeleton {
  if (from === to || isJoined(skeleton, from, to)) return skeleton;
  if (!jointOf(skeleton, from) || !jointOf(skeleton, to)) return skeleton;
  return { ...skeleton, edges: [...skeleton.edges, [from, to]] };
}

export function removeEdge(skeleton: Skeleton, from: number, to: number): Skeleton {
  return { ...skeleton, edges: skeleton.edges.filter((edge) => !joins(edge, from, to)) };
}

// -- labels ------------------------------------------------------------------------------------------------------------------

/** The skeleton of a label; joints that its SVG lacks stand on a circle. */
export function skeletonOf(label: LabelSpec): Skeleton {
  const drawn = drawnIn(label.svg);
  const joints = label.sublabels.map((sublabel, index): Joint => {
    const angle = (2 * Math.PI * index) / label.sublabels.length;
    const found = drawn.joints.find((each) => isOf(each, sublabel));
    return {
      key: index + 1,
      id: sublabel.id,
      name: sublabel.name,
      color: sublabel.color,
      attributes: sublabel.attributes,
      x: within(found ? found.x : 50 + 40 * Math.sin(angle)),
      y: within(found ? found.y : 50 - 40 * Math.cos(angle)),
    };
  });
  const keyOf = (index: number): number | undefined => {
    const mark = drawn.joints[index];
    return mark && joints.find((joint) => isOf(mark, joint))?.key;
  };
  const edges = drawn.edges.flatMap(([from, to]) => {
    const [start, end] = [keyOf(from), keyOf(to)];
    return start !== undefined && end !== undefined && start !== end ? [[start, end] as const] : [];
  });
  return { joints, edges };
}

const isOf = (mark: SvgJoint, { id, name }: { readonly id: number; readonly name: string }): boolean =>
  mark.id === null ? mark.name === name : mark.id === id;

function drawnIn(svg: string): ReturnType<typeof readSvg> {
  try {
    return readSvg(svg);
  } catch {
    return { joints: [], edges: [] };
  }
}

/** A skeleton out of a file; joints of the same name keep the id and what is set of the present ones. */
export function imported(text: string, present: Skeleton): Skeleton {
  const { joints, edges } = readSvg(text);
  const taken = new Set<string>();
  const made = joints.map(({ name: given, x, y, spec }, index): Joint => {
    let name = given.trim().slice(0, 64) || String(index + 1);
    for (let more = 2; taken.has(name); more++) name = `${given.trim().slice(0, 58)} ${more}`;
    taken.add(name);
    const known = present.joints.find((joint) => joint.name === name);
    return {
      key: index + 1,
      id: known?.id ?? 0,
      name,
      color: spec?.color || known?.color || "",
      attributes: known?.attributes ?? spec?.attributes.map((each) => ({ ...each, id: 0 })) ?? [],
      x: within(x),
      y: within(y),
    };
  });
  return { joints: made, edges: edges.map(([from, to]) => [from + 1, to + 1] as const) };
}

/** The label with this skeleton: sublabels, and its SVG written anew. */
export function withSkeleton(label: LabelSpec, { joints, edges }: Skeleton): LabelSpec {
  const indexOf = new Map(joints.map(({ key }, index) => [key, index]));
  const pairs = edges.map(([from, to]) => [indexOf.get(from) as number, indexOf.get(to) as number] as const);
  return {
    ...label,
    type: "skeleton",
    sublabels: joints.map(({ id, name, color, attributes }) => ({
      id,
      name: name.trim(),
      color,
      type: "points",
      attributes,
      sublabels: [],
      svg: "",
    })),
    svg: writeSvg(
      joints.map((joint) => ({ ...joint, name: joint.name.trim() })),
      pairs,
    ),
  };
}
