import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelProblems, listProblems, problemAt } from "../../src/labels/checks";
import { colorFromName, inkOn, sha256 } from "../../src/labels/color";
import { JsonProblem, readJson } from "../../src/labels/json";
import { labelsOf, rawText, readRaw, withoutIds } from "../../src/labels/raw-labels";
import { INPUT_TYPES, type LabelSpec, moved, newAttribute, newLabel, plain, withInputType } from "../../src/labels/spec";

const golden = JSON.parse(readFileSync(new URL("../../../tests/golden/labels.json", import.meta.url), "utf8"));

describe("the order", () => {
  it("changes by one thing that goes to another place", () => {
    expect(moved(["a", "b", "c", "d"], 0, 2)).toEqual(["b", "c", "a", "d"]);
    expect(moved(["a", "b", "c", "d"], 3, 0)).toEqual(["d", "a", "b", "c"]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), fc.nat(), fc.nat(), (things, a, b) => {
        const [from, to] = [a % things.length, b % things.length];
        const result = moved(things, from, to);
        expect(result[to]).toBe(things[from]);
        expect(moved(result, to, from)).toEqual(things);
      }),
    );
  });
});

describe("colours", () => {
  it("are those of Python", () => {
    for (const [name, color] of Object.entries(golden.colors)) expect(colorFromName(name)).toBe(color);
  });

  it("come from a SHA-256 that is one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
        const expected = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
        expect([...sha256(text)]).toEqual([...new Uint8Array(expected)]);
      }),
    );
  });

  it("are written on in black or white", () => {
    expect([inkOn("#ffffff"), inkOn("#ffe119"), inkOn("#000000"), inkOn("#911eb4")]).toEqual(["#000", "#000", "#fff", "#fff"]);
  });
});

describe("checks", () => {
  it.each(golden.labels as { ok: boolean; label: unknown }[])("agree with Python on $label", ({ ok, label }) => {
    const { labels, problems } = labelsOf([label]);
    expect(problems.length + listProblems(labels).length === 0).toBe(ok);
  });

  it("say where it is wrong", () => {
    const label: LabelSpec = {
      ...newLabel(),
      name: "car",
      attributes: [{ ...newAttribute(), name: "a", input_type: "number", values: ["5", "5", "1"] }],
    };
    const problems = labelProblems(label, ["car"]);
    expect(problemAt(problems, ["name"])).toBe("There is another label “car”.");
    expect(problemAt(problems, ["attributes", 0])).toBe("The minimum must be less than the maximum.");
    expect(problemAt(problems, ["color"])).toBeNull();
  });

  it("keep what makes sense when an attribute is asked for in another way", () => {
    const select = { ...newAttribute(), values: ["a", "b"], default_value: "b" };
    expect(withInputType(select, "radio")).toMatchObject({ values: ["a", "b"], default_value: "b" });
    expect(withInputType(select, "number")).toMatchObject({ values: ["0", "100", "1"], default_value: "0" });
    expect(withInputType(select, "checkbox")).toMatchObject({ values: [], default_value: "false" });
    for (const from of INPUT_TYPES) {
      for (const to of INPUT_TYPES) {
        const spec = withInputType(withInputType({ ...select, name: "x" }, from), to);
        const ready =
          spec.input_type === "select" || spec.input_type === "radio" ? { ...spec, values: ["a"], default_value: "a" } : spec;
        expect(labelProblems({ ...newLabel(), name: "l", attributes: [ready] }, [])).toEqual([]);
      }
    }
  });
});

describe("JSON with lines", () => {
  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.parse(JSON.stringify(readJson(text).value))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses what JSON.parse refuses", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[],:"\\0-.ent \n'), (value, at, mark) => {
        const sound = JSON.stringify(value, null, 1);
        const place = at % (sound.length + 1);
        const text = sound.slice(0, place) + mark + sound.slice(place + (at % 2));
        let parses = true;
        try {
          JSON.parse(text);
        } catch {
          parses = false;
        }
        if (parses) expect(JSON.stringify(readJson(text).value)).toBe(JSON.stringify(JSON.parse(text)));
        else expect(() => readJson(text)).toThrow(JsonProblem);
      }),
      { numRuns: 500 },
    );
  });

  it("knows the line of everything, and no prototype", () => {
    const json = readJson('[\n  {\n    "name": "a",\n    "__proto__": {"x": 1}\n  }\n]');
    expect([json.lineOf([0]), json.lineOf([0, "name"]), json.lineOf([0, "none", 4])]).toEqual([2, 3, 2]);
    expect(({} as { x?: number }).x).toBeUndefined();
    expect(() => readJson("[".repeat(100_000))).toThrow(JsonProblem);
  });
});

const attribute = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 20 }),
    mutable: fc.boolean(),
    values: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 4 }),
  })
  .chain(({ name, mutable, values }) =>
    fc.constantFrom(...INPUT_TYPES).map((type) => {
      const spec = withInputType({ ...newAttribute(), name: name.trim() || "a", mutable }, type);
      return type === "select" || type === "radio" ? { ...spec, values, default_value: values[0] as string } : spec;
    }),
  );
const label = fc.record({
  id: fc.nat(9),
  name: fc.string({ minLength: 1, maxLength: 30 }).map((name) => name.trim() || "x"),
  color: fc.constantFrom("", "#aabbcc"),
  type: fc.constantFrom("any", "rectangle", "tag"),
  attributes: fc.uniqueArray(attribute, { maxLength: 3, selector: ({ name }) => name }),
  sublabels: fc.constant([]),
  svg: fc.constant(""),
}) as fc.Arbitrary<LabelSpec>;

describe("raw text", () => {
  it("comes back as the labels it was made of", () => {
    fc.assert(
      fc.property(fc.uniqueArray(label, { maxLength: 4, selector: ({ name }) => name }), (labels) => {
        const read = readRaw(rawText(labels));
        expect(read.problems).toEqual([]);
        expect(read.labels).toEqual(labels);
      }),
    );
  });

  it("has no place for ids of another task", () => {
    fc.assert(
      fc.property(
        fc.array(
          label.filter(({ attributes, name }) => !/id/.test(JSON.stringify([name, attributes]))),
          { maxLength: 3 },
        ),
        (labels) => {
          const bare = labels.map((each) => ({ ...each, id: 0 }));
          expect(JSON.parse(withoutIds(rawText(labels)))).toEqual(bare.map(plain));
        },
      ),
    );
  });

  it("names the line of what is wrong", () => {
    expect(readRaw('[\n {"name": "a"},\n {"name": "a"}\n]').problems).toEqual([
      { line: 3, text: "There is another label “a”." },
    ]);
    expect(readRaw('[\n {"name": 4}\n]').problems).toEqual([{ line: 2, text: "“name” is a text in double quotes." }]);
    expect(readRaw("[\n {,}\n]").problems).toEqual([{ line: 2, text: "A name in double quotes is expected (column 3)." }]);
    expect(readRaw("{}").problems).toEqual([{ line: 1, text: "Labels are a list: [ … ]." }]);
    expect(readRaw('["car", {"name": "b", "attributes": "x"}]').problems).toHaveLength(1);
    expect(readRaw('["car"]').labels).toMatchObject([{ name: "car", type: "any" }]);
  });

  it("survives anything", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readRaw(JSON.stringify(value))));
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(fc.constantFrom("name", "attributes", "sublabels", "svg", "id", "type", "values"), fc.jsonValue()),
        ),
        (value) => void readRaw(JSON.stringify(value)),
      ),
    );
  });
});
