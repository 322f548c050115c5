import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTIONS, bindings } from "../../src/actions/actions";
import { choose, collide, conflictsOf, keysOf, yieldTo } from "../../src/actions/bindings";
import { fuzzyFilter, fuzzyMatch } from "../../src/actions/fuzzy";
import { KeyReader } from "../../src/actions/keys";
import { DEFAULT_VIEW_SETTINGS, readSettings } from "../../src/view-settings";

const ROWS = [
  { id: "a", keys: ["t l"] },
  { id: "b", keys: ["q", "/"] },
  { id: "c", keys: [] },
];

describe("keys of one's own", () => {
  it("replace the default ones, and are forgotten when they equal them", () => {
    const chosen = choose({}, ROWS[2] as (typeof ROWS)[number], ["x"]);
    expect(chosen).toEqual({ c: ["x"] });
    expect(keysOf({ id: "c", keys: [] }, chosen)).toEqual(["x"]);
    expect(choose(chosen, ROWS[2] as (typeof ROWS)[number], [])).toEqual({});
    expect(choose({}, ROWS[1] as (typeof ROWS)[number], [])).toEqual({ b: [] });
  });

  it("collide if they are the same or one begins the other", () => {
    expect(collide("t", "t l")).toBe(true);
    expect(collide("t l", "t")).toBe(true);
    expect(collide("t l", "t h")).toBe(false);
    expect(collide("ctrl+t", "t")).toBe(false);
    expect([...conflictsOf(ROWS, {})]).toEqual([]);
    expect([...conflictsOf(ROWS, { c: ["t", "q"] })].sort()).toEqual([
      ["a", ["c"]],
      ["b", ["c"]],
      ["c", ["a", "b"]],
    ]);
  });

  it("can be taken from all others", () => {
    const chosen = yieldTo({ c: ["t", "q"] }, ROWS, "c");
    expect(chosen).toEqual({ a: [], b: ["/"], c: ["t", "q"] });
    expect(conflictsOf(ROWS, chosen).size).toBe(0);
  });

  it("are what the reader reads, and leave no conflict behind, whatever was chosen", () => {
    const key = fc.constantFrom("q", "t", "t l", "f", "ctrl+z", "shift+b =", "w");
    const choice = fc.dictionary(fc.constantFrom(...ACTIONS.map(({ id }) => id)), fc.uniqueArray(key, { maxLength: 2 }));
    fc.assert(
      fc.property(choice, fc.constantFrom(...ACTIONS.map(({ id }) => id)), (chosen, winner) => {
        const after = yieldTo(chosen, ACTIONS, winner);
        expect(conflictsOf(ACTIONS, after).has(winner)).toBe(false);
        const action = ACTIONS.find(({ id }) => id === winner) as (typeof ACTIONS)[number];
        const found = [...bindings(after, action.workspace)].filter(([, id]) => id === winner).map(([keys]) => keys);
        expect(found).toEqual(keysOf(action, after));
      }),
    );
  });

  it("have no conflicts to begin with", () => {
    expect([...conflictsOf(ACTIONS, {})]).toEqual([]);
  });

  it("make sequences also while the first key is held down", () => {
    const reader = new KeyReader(bindings);
    const press = (code: string, key: string) => ({
      code,
      key,
      shiftKey: true,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
    });
    for (let i = 0; i < 5; i++) expect(reader.read(press("KeyB", "B"), i * 30)).toBe("prefix");
    expect(reader.read(press("Equal", "+"), 200)).toBe("brightness-more");
  });
});

describe("settings from a store", () => {
  it("are taken only as far as they are settings", () => {
    const kept = { brightness: 120, equalize: "yes", keys: { save: ["x"] }, rotateAll: true, unknown: 3 };
    expect(readSettings(DEFAULT_VIEW_SETTINGS, kept)).toEqual({ brightness: 120, keys: { save: ["x"] }, rotateAll: true });
    expect(readSettings(DEFAULT_VIEW_SETTINGS, { keys: { save: "x" } })).toEqual({});
    expect(readSettings(DEFAULT_VIEW_SETTINGS, { keys: ["x"] })).toEqual({});
  });
});

describe("finding by a few letters", () => {
  it("wants all letters in order", () => {
    expect(fuzzyMatch("tpr", "Turn the picture right")).not.toBeNull();
    expect(fuzzyMatch("zz", "Turn the picture right")).toBeNull();
    expect(fuzzyMatch("", "anything")).toEqual({ score: 0, at: [] });
  });

  it("prefers beginnings of words and letters side by side", () => {
    const list = ["Previous keyframe", "Turn the picture right", "Propagate"];
    expect(fuzzyFilter("tpr", list, (each) => each)[0]?.item).toBe("Turn the picture right");
    expect(fuzzyFilter("pro", list, (each) => each)[0]?.item).toBe("Propagate");
    expect(fuzzyFilter("", list, (each) => each).map(({ item }) => item)).toEqual(list);
  });

  it("marks letters that are there", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30 }), fc.string({ minLength: 1, maxLength: 5 }), (text, query) => {
        const match = fuzzyMatch(query, text);
        if (!match) return;
        const wanted = query.toLowerCase().replaceAll(/\s+/g, "");
        expect(match.at.map((index) => text.toLowerCase()[index]).join("")).toBe(wanted);
        expect([...match.at].sort((a, b) => a - b)).toEqual(match.at);
      }),
    );
  });
});
