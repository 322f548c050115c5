import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matcherOf } from "../../src/filter/logic";
import { toQuery } from "../../src/filter/query";
import { EMPTY_GROUP, FilterError, fromLogic, type JsonLogic, parseText, toLogic, withNode } from "../../src/filter/tree";
import { golden, states } from "./golden";

const { cases, refused, labels } = golden;
const matches = (logic: unknown) => states.filter(matcherOf(logic, labels).test).map(({ id }) => id);

describe("filters", () => {
  it.each(cases.map((each) => [each.name, each] as const))("%s", (_name, { logic, query, matches: expected }) => {
    // Votes of merged objects do not come to the browser; everything else is the same in both halves.
    expect(matches(logic)).toEqual(expected);
    if (query === null) expect(() => toQuery(fromLogic(logic), labels)).toThrow(FilterError);
    else expect(toQuery(fromLogic(logic), labels)).toBe(query);
  });

  it.each(refused.map((each) => [each.name, each.logic] as const))("refuse %s", (_name, logic) => {
    expect(() => matcherOf(logic, labels)).toThrow(FilterError);
  });

  it("say what is wrong", () => {
    const says = (text: string): string => {
      try {
        matcherOf(parseText(text), labels);
        matcherOf(JSON.parse(text), labels);
      } catch (error) {
        return error instanceof FilterError ? error.message : `not a FilterError: ${error}`;
      }
      return "";
    };
    expect(says("{")).toContain("not JSON");
    expect(says("[".repeat(100_000))).toContain("not JSON");
    expect(says('{"xor": []}')).toContain("xor");
    expect(() => matcherOf(JSON.parse('{"==": [{"var": "type"}, "polygon"]}'), labels)).toThrow("shape, track, tag");
    expect(() => matcherOf(JSON.parse('{"==": [{"var": "attr.car.colour"}, "red"]}'), labels)).toThrow("car.colour");
  });

  it("know what can match between the same keyframes", () => {
    const track = states.find(({ id }) => id === 9);
    if (!track) throw new Error("The golden values have no track 9.");
    const possible = (logic: JsonLogic) => matcherOf(logic, labels).possible(track, null);
    const wide = { ">": [{ var: "width" }, 1000] };
    expect(possible({ and: [{ "==": [{ var: "label" }, "car"] }, wide] })).toBe(true);
    expect(possible({ and: [{ "==": [{ var: "label" }, "person"] }, wide] })).toBe(false);
    expect(possible({ "!": { or: [{ "==": [{ var: "label" }, "car"] }, wide] } })).toBe(false);
    expect(matcherOf(wide, labels).varying).toBe(true);
    expect(matcherOf({ "==": [{ var: "label" }, "car"] }, labels).varying).toBe(false);
  });
});

const leaves = cases.filter(({ query, logic }) => query !== null && !("and" in logic) && !("or" in logic));
const { logic: anyLogic } = fc.letrec<{ logic: JsonLogic }>((tie) => ({
  logic: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...leaves.map(({ logic }) => logic)),
    fc.array(tie("logic"), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie("logic"), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie("logic").map((inner) => ({ "!": inner })),
  ),
}));

/** What JSON logic means, from what its parts mean. */
function reference(logic: JsonLogic): Set<number> {
  const known = cases.find((each) => each.logic === logic);
  if (known) return new Set(known.matches);
  if ("!" in logic) {
    const inner = reference(logic["!"] as JsonLogic);
    return new Set(states.map(({ id }) => id).filter((id) => !inner.has(id)));
  }
  const parts = ((logic.and ?? logic.or) as JsonLogic[]).map(reference);
  return new Set(
    states.map(({ id }) => id).filter((id) => (logic.and ? parts.every((p) => p.has(id)) : parts.some((p) => p.has(id)))),
  );
}

describe("properties of filters", () => {
  it("groups mean what their rules mean", () => {
    fc.assert(
      fc.property(anyLogic, (logic) => {
        expect(new Set(matches(logic))).toEqual(reference(logic));
      }),
    );
  });

  it("writing and reading again changes nothing", () => {
    fc.assert(
      fc.property(anyLogic, (logic) => {
        const tree = fromLogic(logic);
        const written = toLogic(tree);
        expect(fromLogic(written)).toEqual(tree);
        expect(matches(written)).toEqual(matches(logic));
        expect(toQuery(fromLogic(written), labels)).toBe(toQuery(tree, labels));
      }),
    );
  });

  it("anything else is refused in words", () => {
    const keys = fc.constantFrom("and", "or", "!", "!!", "in", "==", "<=", ">", "var", "startsWith", "__proto__", "if");
    const hostile = fc.object({ key: keys, maxDepth: 5, values: [fc.string(), fc.double(), fc.constant("label")] });
    fc.assert(
      fc.property(hostile, (value) => {
        try {
          matcherOf(value, labels);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
    );
  });
});

describe("the tree", () => {
  const rule = { kind: "rule", property: "label", operator: "==", values: ["car"] } as const;

  it("leaves out rules without values and groups without rules", () => {
    expect(toLogic(EMPTY_GROUP)).toBeNull();
    const incomplete = { ...rule, values: [] };
    const half = { ...rule, property: "width", operator: "between", values: [3] } as const;
    const tree = { ...EMPTY_GROUP, children: [incomplete, half, EMPTY_GROUP, rule] };
    expect(toLogic(tree)).toEqual({ and: [{ "==": [{ var: "label" }, "car"] }] });
  });

  it("is edited by path", () => {
    const tree = { ...EMPTY_GROUP, children: [rule, { ...EMPTY_GROUP, children: [rule, rule] }] };
    const changed = withNode(tree, [1, 0], { ...rule, values: ["bus"] });
    expect(changed.children[0]).toBe(rule);
    expect(changed.children[1]).toMatchObject({ children: [{ values: ["bus"] }, rule] });
    expect(withNode(tree, [1], null).children).toEqual([rule]);
    expect(withNode(tree, [1, 1], null).children[1]).toMatchObject({ children: [rule] });
    expect(withNode(tree, [], null)).toEqual(EMPTY_GROUP);
    expect(withNode(tree, [7, 2], null)).toEqual(tree);
  });
});
