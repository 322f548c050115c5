import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as drawn from "../../src/labels/skeleton";
import { readSvg, writeFile, writeSvg } from "../../src/labels/skeleton-svg";
import { type LabelSpec, newAttribute, newLabel } from "../../src/labels/spec";
import { placedJoints, templateOf } from "../../src/shapes/template";

const golden = JSON.parse(readFileSync(new URL("../../../tests/golden/labels.json", import.meta.url), "utf8"));

const place = fc.nat(1_000_000).map((value) => value / 10_000);
const joint = fc.record({
  x: place,
  y: place,
  name: fc.string({ minLength: 1, maxLength: 20 }).map((name) => name.trim() || "j"),
});
const skeleton = fc.uniqueArray(joint, { minLength: 1, maxLength: 10, selector: ({ name }) => name }).chain((joints) =>
  fc.record({
    joints: fc.constant(joints.map((each, index) => ({ ...each, key: index + 1, id: 0, color: "", attributes: [] }))),
    edges: fc
      .array(fc.tuple(fc.nat(joints.length - 1), fc.nat(joints.length - 1)), { maxLength: 12 })
      .map((edges) => edges.reduce((made, [a, b]) => drawn.joinJoints(made, a + 1, b + 1), start(joints.length)).edges),
  }),
);
const start = (count: number): drawn.Skeleton => ({
  joints: Array.from({ length: count }, (_, index) => ({
    key: index + 1,
    id: 0,
    name: String(index),
    color: "",
    attributes: [],
    x: 0,
    y: 0,
  })),
  edges: [],
});

describe("the SVG of a skeleton", () => {
  it.each(golden.skeletons as { svg: string; joints: Record<string, [number, number]>; edges: [string, string][] }[])(
    "is CVAT's, and Python's",
    ({ svg, joints, edges }) => {
      // The order of names that are numbers is lost in JSON: it is that of the SVG.
      const read = readSvg(svg);
      expect(Object.fromEntries(read.joints.map(({ name, x, y }) => [name, [x, y]]))).toEqual(joints);
      expect(read.edges.map((edge) => edge.map((index) => read.joints[index]?.name))).toEqual(edges);
      expect(writeSvg(read.joints, read.edges)).toBe(svg);
    },
  );

  it("comes back as it was, through a label and through a file", () => {
    fc.assert(
      fc.property(skeleton, (given) => {
        const label = drawn.withSkeleton({ ...newLabel("skeleton"), name: "x" }, given);
        expect(drawn.skeletonOf(label)).toEqual(given);
        expect(drawn.imported(writeFile(label), drawn.EMPTY)).toEqual(given);
        expect(templateOf(label.svg).joints).toHaveLength(given.joints.length);
        expect(templateOf(label.svg).bones).toHaveLength(given.edges.length);
      }),
    );
  });

  it("brings colours and attributes of joints along", () => {
    const spec = { ...newAttribute(), id: 7, name: "hidden", input_type: "checkbox" as const, default_value: "false" };
    const made = drawn.addJoint(drawn.EMPTY, 10, 20).skeleton;
    const label = drawn.withSkeleton(
      newLabel("skeleton"),
      drawn.changeJoint(made, 1, { name: "a < b & 'c'", color: "#112233", attributes: [spec], id: 4 }),
    );
    const [back] = drawn.imported(writeFile(label), drawn.EMPTY).joints;
    expect(back).toMatchObject({ name: "a < b & 'c'", color: "#112233", id: 0, attributes: [{ ...spec, id: 0 }] });
  });

  const circle = '<circle cx="10" cy="20" data-node-id="1" data-element-id="1"></circle>';
  it.each([
    `<!DOCTYPE svg [<!ENTITY a "b">]>${circle}`,
    `<svg><script>alert(1)</script>${circle}</svg>`,
    `<svg><foreignObject/>${circle}</svg>`,
    circle.replace("10", "NaN"),
    circle.replace("10", "1e999"),
    "<svg></svg>",
    `${circle}${" ".repeat(1 << 20)}`,
    Array.from({ length: 501 }, (_, index) => circle.replace('node-id="1"', `node-id="${index}"`)).join(""),
  ])("refuses what does not belong there (%#)", (svg) => {
    expect(() => readSvg(svg)).toThrow();
  });

  it("is not taken in by what is nested without end", () => {
    const deep = `${'{"1":{"sublabels":['.repeat(40_000)}`;
    const file = `<svg>${circle}<desc data-description-type="labels-specification">${deep}</desc></svg>`;
    expect(readSvg(file).joints).toMatchObject([{ name: "1", spec: null }]);
  });

  it("takes nothing but joints and edges out of a file", () => {
    const dirty = `<svg onload="x()"><a href="javascript:1">${circle.replace("<circle", '<circle onclick="x()" style="y"')}</a></svg>`;
    const label = drawn.withSkeleton(newLabel("skeleton"), drawn.imported(dirty, drawn.EMPTY));
    expect(label.svg).not.toMatch(/onclick|onload|href|style/);
    expect(readSvg(label.svg).joints).toMatchObject([{ name: "1", x: 10, y: 20 }]);
  });

  it("survives any text", () => {
    const part = fc.constantFrom(
      "<circle ",
      "<line ",
      'cx="5"',
      'data-node-id="1"',
      ">",
      "'",
      '"',
      "<desc labels-specification>",
      "{",
      "</desc>",
      " ",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 30 }), (parts) => {
        try {
          readSvg(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).constructor).toBe(Error);
        }
      }),
    );
  });
});

describe("drawing a skeleton", () => {
  type Step = (skeleton: drawn.Skeleton, a: number, b: number, x: number, y: number) => drawn.Skeleton;
  const steps: readonly Step[] = [
    (each, _a, _b, x, y) => drawn.addJoint(each, x, y).skeleton,
    (each, a, _b, x, y) => drawn.moveJoint(each, a, x, y),
    (each, a, b) => drawn.joinJoints(each, a, b),
    (each, a, b) => drawn.removeEdge(each, a, b),
    (each, a) => drawn.removeJoint(each, a),
  ];

  it("keeps a skeleton sound whatever is done", () => {
    const step = fc.tuple(
      fc.nat(steps.length - 1),
      fc.nat(8),
      fc.nat(8),
      fc.integer({ min: -50, max: 150 }),
      fc.integer({ min: -50, max: 150 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (walk) => {
        const end = walk.reduce((now, [kind, a, b, x, y]) => (steps[kind] as Step)(now, a, b, x, y), drawn.EMPTY);
        const keys = end.joints.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        expect(new Set(end.joints.map(({ name }) => name)).size).toBe(keys.length);
        for (const { x, y } of end.joints) expect(Math.min(x, y) >= 0 && Math.max(x, y) <= 100).toBe(true);
        const pairs = end.edges.map((edge) => [...edge].sort().join());
        expect(new Set(pairs).size).toBe(pairs.length);
        for (const [from, to] of end.edges) expect(from !== to && keys.includes(from) && keys.includes(to)).toBe(true);
      }),
    );
  });

  it("names joints by the first free number", () => {
    let now = drawn.EMPTY;
    for (let i = 0; i < 3; i++) now = drawn.addJoint(now, 0, 0).skeleton;
    now = drawn.addJoint(drawn.removeJoint(now, 1), 0, 0).skeleton;
    expect(now.joints.map(({ name }) => name)).toEqual(["2", "3", "4"]);
  });
});

describe("templates on the canvas", () => {
  it("tell a name that is a number from an id", () => {
    const joints: LabelSpec[] = [
      { ...newLabel("points"), id: 1, name: "2" },
      { ...newLabel("points"), id: 2, name: "1" },
    ];
    const given = { ...start(2), edges: [] };
    const svg = drawn.withSkeleton(newLabel("skeleton"), {
      ...given,
      joints: [
        { ...(given.joints[0] as drawn.Joint), name: "2", x: 0, y: 0 },
        { ...(given.joints[1] as drawn.Joint), name: "1", x: 100, y: 100 },
      ],
    }).svg;
    const label: LabelSpec = { ...newLabel("skeleton"), name: "x", sublabels: joints, svg };
    expect(placedJoints(label).map(({ label: { name }, x }) => [name, x])).toEqual([
      ["2", 0],
      ["1", 1],
    ]);
    expect(drawn.skeletonOf(label).joints.map(({ name, x }) => [name, x])).toEqual([
      ["2", 0],
      ["1", 100],
    ]);
  });
});
