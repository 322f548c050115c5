/** Moving rules and groups of a filter to other places: nothing is lost or doubled on the way. */
import { type FilterNode, type Group, type Path, withNode } from "./tree";

/** Between the children of a group: before the one of this index, counted as they stand before the move. */
export interface Slot {
  readonly group: Path;
  readonly index: number;
}

export type Direction = "up" | "down" | "in" | "out";

/** Groups are nested at most so deep: JSON logic that is read has no deeper ones. */
export const DEEPEST_GROUP = 12;

export function nodeAt(root: Group, path: Path): FilterNode | undefined {
  let node: FilterNode | undefined = root;
  for (const index of path) node = node?.kind === "group" ? node.children[index] : undefined;
  return node;
}

function groupAt(root: Group, path: Path): Group | null {
  const node = nodeAt(root, path);
  return node?.kind === "group" ? node : null;
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((index, at) => path[at] === index);
}

/** How many groups stand within one another below a node. */
function groupsBelow(node: FilterNode): number {
  if (node.kind === "rule") return 0;
  return Math.max(0, ...node.children.map((child) => (child.kind === "group" ? 1 + groupsBelow(child) : 0)));
}

/** Whether a node may go to a slot: not into itself, and not too deep. */
export function canMove(root: Group, from: Path, { group, index }: Slot): boolean {
  const node = nodeAt(root, from);
  const target = groupAt(root, group);
  if (!node || !target || from.length === 0 || startsWith(group, from)) return false;
  if (index < 0 || index > target.children.length) return false;
  return node.kind === "rule" || group.length + 1 + groupsBelow(node) <= DEEPEST_GROUP;
}

/** Whether the node is where the slot is: just before or just after it. */
export function staysThere(from: Path, { group, index }: Slot): boolean {
  const at = from.at(-1);
  return group.length === from.length - 1 && startsWith(from, group) && (index === at || index - 1 === at);
}

/** A slot once the node has been taken out of its old place. */
function withoutNode(from: Path, { group, index }: Slot): Slot {
  const last = from.length - 1;
  const at = from[last] as number;
  const parent = from.slice(0, last);
  if (!startsWith(group, parent)) return { group, index };
  if (group.length === last) return { group, index: index > at ? index - 1 : index };
  return { group: group.map((each, depth) => (depth === last && each > at ? each - 1 : each)), index };
}

/** Where a node is after a move. */
export function pathAfter(from: Path, to: Slot): Path {
  const { group, index } = withoutNode(from, to);
  return [...group, index];
}

/** The filter with a node at another place; the same filter where that is not possible. */
export function moveNode(root: Group, from: Path, to: Slot): Group {
  const node = nodeAt(root, from);
  if (!node || !canMove(root, from, to) || staysThere(from, to)) return root;
  const rest = withNode(root, from, null);
  const { group, index } = withoutNode(from, to);
  const target = groupAt(rest, group);
  if (!target) return root;
  const children = [...target.children.slice(0, index), node, ...target.children.slice(index)];
  return withNode(rest, group, { ...target, children });
}

/** Where a key takes a node: to its neighbour's place, beyond the end of its group out of it, into the group beside it; null: nowhere. */
export function slotBeside(root: Group, from: Path, direction: Direction): Slot | null {
  const at = from.at(-1);
  if (at === undefined) return null;
  const parent = from.slice(0, -1);
  const siblings = groupAt(root, parent)?.children ?? [];
  const outer = parent.slice(0, -1);
  const parentAt = parent.at(-1);
  const outside = (index: number): Slot | null => (parentAt === undefined ? null : { group: outer, index: parentAt + index });
  const slot = ((): Slot | null => {
    if (direction === "up") return at > 0 ? { group: parent, index: at - 1 } : outside(0);
    if (direction === "down") return at + 1 < siblings.length ? { group: parent, index: at + 2 } : outside(1);
    if (direction === "out") return outside(1);
    if (siblings[at + 1]?.kind === "group") return { group: [...parent, at + 1], index: 0 };
    const before = siblings[at - 1];
    return before?.kind === "group" ? { group: [...parent, at - 1], index: before.children.length } : null;
  })();
  return slot && canMove(root, from, slot) ? slot : null;
}
