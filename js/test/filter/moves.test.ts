import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matcherOf } from "../../src/filter/logic";
import {
  canMove,
  DEEPEST_GROUP,
  type Direction,
  moveNode,
  nodeAt,
  pathAfter,
  type Slot,
  slotBeside,
  staysThere,
} from "../../src/filter/moves";
import { EMPTY_GROUP, type FilterNode, type Group, type Path, type Rule, toLogic } from "../../src/filter/tree";
import { golden, states } from "./golden";

const { labels } = golden;
const rule = (value: number, operator: Rule["operator"] = "=="): Rule => ({
  kind: "rule",
  property: "objectID",
  operator,
  values: [value],
});
const group = (...children: readonly FilterNode[]): Group => ({ ...EMPTY_GROUP, children });

/** The tree as it would be written in one line: what a move does to it is cutting out a part and putting it in elsewhere. */
function written(node: FilterNode): readonly string[] {
  if (node.kind === "rule") return [`${node.operator}${node.values.join()}`];
  return [`${node.not ? "!" : ""}${node.conjunction}(`, ...node.children.flatMap(written), ")"];
}

/** Where the child of an index begins in the line, or the bracket that closes the group. */
function placeOf(root: Group, path: Path): number {
  let at = 0;
  let node: FilterNode = root;
  for (const index of path) {
    if (node.kind !== "group") throw new Error("no group");
    at += 1 + node.children.slice(0, index).flatMap(written).length;
    node = node.children[index] ?? node;
  }
  return at;
}

function cutAndPut(root: Group, from: Path, { group: to, index }: Slot): readonly string[] {
  const line = written(root);
  const start = placeOf(root, from);
  const part = written(nodeAt(root, from) as FilterNode);
  const place = placeOf(root, [...to, index]);
  const rest = [...line.slice(0, start), ...line.slice(start + part.length)];
  const at = place > start ? place - part.length : place;
  return [...rest.slice(0, at), ...part, ...rest.slice(at)];
}

/** What a filter says of an id, without JSON logic; null: nothing, it has no rule. */
function holds(node: FilterNode, id: number): boolean | null {
  if (node.kind === "rule") {
    const value = node.values[0] as number;
    return node.operator === "==" ? id === value : id >= value;
  }
  const answers = node.children.map((child) => holds(child, id)).filter((each) => each !== null);
  if (answers.length === 0) return null;
  return node.not !== (node.conjunction === "and" ? answers.every(Boolean) : answers.some(Boolean));
}

const rules = fc.record({ value: fc.integer({ min: 0, max: 12 }), operator: fc.constantFrom<Rule["operator"]>("==", ">=") });
const { root: trees } = fc.letrec<{ root: Group; node: FilterNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    rules.map(({ value, operator }) => rule(value, operator)),
    tie("root"),
  ),
  root: fc.record({
    kind: fc.constant("group" as const),
    conjunction: fc.constantFrom("and" as const, "or" as const),
    not: fc.boolean(),
    children: fc.array(tie("node"), { maxLength: 4 }),
  }),
}));

function pathsOf(node: FilterNode, path: Path = []): readonly Path[] {
  return node.kind === "rule" ? [path] : [path, ...node.children.flatMap((child, index) => pathsOf(child, [...path, index]))];
}

/** A tree, one of its nodes, and one of the places between its nodes. */
const moves = trees.chain((root) => {
  const paths = pathsOf(root);
  const slots = paths.flatMap((path): Slot[] => {
    const node = nodeAt(root, path);
    return node?.kind === "group"
      ? Array.from({ length: node.children.length + 1 }, (_, index) => ({ group: path, index }))
      : [];
  });
  return fc.record({ root: fc.constant(root), from: fc.constantFrom(...paths), slot: fc.constantFrom(...slots) });
});

describe("moving rules and groups of a filter", () => {
  it("cuts a part out and puts it in elsewhere, so that no rule is lost or doubled", () => {
    let moved = 0;
    fc.assert(
      fc.property(moves, ({ root, from, slot }) => {
        const next = moveNode(root, from, slot);
        const inside = from.every((index, at) => slot.group[at] === index);
        expect(canMove(root, from, slot)).toBe(from.length > 0 && !inside);
        if (!canMove(root, from, slot) || staysThere(from, slot)) {
          expect(next).toBe(root);
          return;
        }
        moved += 1;
        expect(written(next)).toEqual(cutAndPut(root, from, slot));
        expect(nodeAt(next, pathAfter(from, slot))).toBe(nodeAt(root, from));
      }),
      { numRuns: 500 },
    );
    expect(moved).toBeGreaterThan(50);
  });

  it("gives JSON logic that matches what the moved rules say", () => {
    fc.assert(
      fc.property(moves, ({ root, from, slot }) => {
        const next = moveNode(root, from, slot);
        const logic = toLogic(next);
        const found = states.filter((state) => logic === null || matcherOf(logic, labels).test(state)).map(({ id }) => id);
        expect(found).toEqual(states.map(({ id }) => id).filter((id) => holds(next, id) !== false));
      }),
    );
  });

  it("by keys goes up and down within its group, and back again", () => {
    fc.assert(
      fc.property(trees, fc.nat(), fc.constantFrom<Direction>("up", "down"), (root, pick, direction) => {
        const paths = pathsOf(root);
        const from = paths[pick % paths.length] as Path;
        const slot = slotBeside(root, from, direction);
        if (!slot || slot.group.length !== from.length - 1) return;
        const next = moveNode(root, from, slot);
        expect(next).not.toBe(root);
        const now = pathAfter(from, slot);
        const back = slotBeside(next, now, direction === "up" ? "down" : "up") as Slot;
        expect(written(moveNode(next, now, back))).toEqual(written(root));
      }),
    );
  });

  it("goes where the keys say", () => {
    const root = group(rule(1), group(rule(2), rule(3)), rule(4));
    const go = (from: Path, direction: Direction): string => {
      const slot = slotBeside(root, from, direction);
      return slot ? written(moveNode(root, from, slot)).join(" ") : "stays";
    };
    expect(go([0], "up")).toBe("stays");
    expect(go([0], "down")).toBe("and( and( ==2 ==3 ) ==1 ==4 )");
    expect(go([0], "in")).toBe("and( and( ==1 ==2 ==3 ) ==4 )");
    expect(go([2], "in")).toBe("and( ==1 and( ==2 ==3 ==4 ) )");
    expect(go([2], "out")).toBe("stays");
    expect(go([1, 0], "up")).toBe("and( ==1 ==2 and( ==3 ) ==4 )");
    expect(go([1, 1], "down")).toBe("and( ==1 and( ==2 ) ==3 ==4 )");
    expect(go([1, 0], "out")).toBe("and( ==1 and( ==3 ) ==2 ==4 )");
    expect(go([1], "up")).toBe("and( and( ==2 ==3 ) ==1 ==4 )");
    expect(go([], "down")).toBe("stays");
  });

  it("never nests groups deeper than they can be read again", () => {
    let deep = group(rule(1));
    for (let level = 1; level < DEEPEST_GROUP; level++) deep = group(deep);
    const root = group(deep, group(rule(2)), group(group(rule(3))));
    const innermost = Array.from({ length: DEEPEST_GROUP - 1 }, () => 0);
    expect(canMove(root, [1], { group: innermost, index: 0 })).toBe(true);
    expect(canMove(root, [2], { group: innermost, index: 0 })).toBe(false);
    expect(canMove(root, [1], { group: [...innermost, 0], index: 0 })).toBe(false);
    expect(canMove(root, [1, 0], { group: [...innermost, 0], index: 1 })).toBe(true);
    const logic = toLogic(moveNode(root, [1], { group: innermost, index: 0 }));
    expect(matcherOf(logic, labels)).toBeTruthy();
  });
});
