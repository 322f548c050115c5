import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { labelsText, newLabel, parseLabels, problemWith } from "../../src/studio/labels";
import {
  cleared,
  dateText,
  dateValue,
  filterOf,
  filterWords,
  initialList,
  isNarrowed,
  PAGE_SIZE,
  pageCount,
  parseSort,
  range,
  requestOf,
  sortableFields,
  sortText,
  toggleQuick,
  withFilter,
  withPage,
  withSearch,
  withSort,
} from "../../src/studio/list-state";
import { OPERATORS, PROPERTIES } from "../../src/studio/properties";

const FILTER = { "==": [{ var: "status" }, "validation"] };

describe("what a list shows", () => {
  it("starts with the newest, whole and on the first page", () => {
    expect(requestOf(initialList("tasks"), "ann")).toEqual({
      kind: "tasks",
      search: "",
      filter: null,
      sort: "-id",
      offset: 0,
      limit: PAGE_SIZE,
    });
    expect(requestOf(initialList("tasks", 7), "ann").project).toBe(7);
  });

  it("goes to the first page whenever what it shows becomes something else", () => {
    const third = withPage(initialList("jobs"), 2, 100);
    expect(third.page).toBe(2);
    expect(withSearch(third, "x").page).toBe(0);
    expect(withSearch(third, "")).toBe(third);
    expect(toggleQuick(third, "Not completed").page).toBe(0);
    expect(withFilter(third, FILTER).page).toBe(0);
    expect(withSort(third, [{ field: "state", down: false }]).page).toBe(0);
  });

  it("joins quick filters by and; a filter of one's own turns them off, and they it", () => {
    const mine = toggleQuick(initialList("jobs"), "Assigned to me");
    expect(filterOf(mine, "ann")).toEqual({ and: [{ "==": [{ var: "assignee" }, "ann"] }] });
    const both = toggleQuick(mine, "Not completed");
    expect(filterOf(both, "ann")).toEqual({
      and: [
        { and: [{ "==": [{ var: "assignee" }, "ann"] }] },
        { "!": { or: [{ "==": [{ var: "state" }, "completed"] }, { "==": [{ var: "stage" }, "acceptance"] }] } },
      ],
    });
    const own = withFilter(both, FILTER);
    expect(own.quick).toEqual([]);
    expect(filterOf(own, "ann")).toEqual(FILTER);
    expect(toggleQuick(own, "Assigned to me").filter).toBeNull();
    expect(filterOf(toggleQuick(mine, "Assigned to me"), "ann")).toBeNull();
    expect(withFilter(mine, null).quick).toEqual(["Assigned to me"]);
  });

  it("knows whether anything is left out, and forgets all of it at once", () => {
    const list = initialList("tasks");
    expect(isNarrowed(list)).toBe(false);
    for (const narrowed of [withSearch(list, "x"), toggleQuick(list, "Owned by me"), withFilter(list, FILTER)]) {
      expect(isNarrowed(narrowed)).toBe(true);
      expect(cleared(narrowed)).toEqual(list);
    }
    expect(isNarrowed(withSearch(list, "  "))).toBe(false);
  });

  it("keeps to the pages there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 500 }), fc.integer({ min: 0, max: 5000 }), (wanted, total) => {
        const { page } = withPage(initialList("tasks"), wanted, total);
        expect(page).toBeGreaterThanOrEqual(0);
        expect(page * PAGE_SIZE).toBeLessThan(Math.max(total, 1));
        expect(pageCount(total) * PAGE_SIZE).toBeGreaterThanOrEqual(total);
      }),
    );
    expect(range(withPage(initialList("tasks"), 1, 136), 136)).toBe("21–40 of 136");
    expect(range(withPage(initialList("tasks"), 6, 136), 136)).toBe("121–136 of 136");
    expect(range(initialList("tasks"), 0)).toBe("none");
  });
});

describe("order", () => {
  it("is written as the kernel reads it and read again", () => {
    for (const kind of ["tasks", "jobs", "projects"] as const) {
      const keys = sortableFields(kind).map((each, index) => ({ field: each.sort ?? "", down: index % 2 === 0 }));
      expect(parseSort(kind, sortText(keys))).toEqual(keys);
    }
    expect(parseSort("tasks", "-updated, name")).toEqual([
      { field: "updated", down: true },
      { field: "name", down: false },
    ]);
    expect(parseSort("tasks", "password,--id")).toEqual([{ field: "id", down: true }]);
  });

  it("has every field once, and always one", () => {
    const twice = [
      { field: "name", down: false },
      { field: "name", down: true },
      { field: "id", down: true },
    ];
    expect(sortText(withSort(initialList("tasks"), twice).sort)).toBe("name,-id");
    expect(sortText(withSort(initialList("tasks"), []).sort)).toBe("-id");
  });
});

describe("filters in words", () => {
  it("are what the rules say", () => {
    expect(filterWords("tasks", FILTER)).toBe("Status is validation");
    expect(
      filterWords("jobs", {
        or: [
          { in: [{ var: "state" }, ["new", "rejected"]] },
          { "!": { and: [{ in: ["ann", { var: "assignee" }] }, { ">": [{ var: "id" }, 5] }] } },
        ],
      }),
    ).toBe("State any in new, rejected or not (Assignee contains ann and ID > 5)");
    expect(filterWords("tasks", { "==": [{ var: "mode" }, "interpolation"] })).toBe("Data is video");
    expect(filterWords("tasks", { "!": { var: "assignee" } })).toBe("Assignee is empty");
    expect(filterWords("tasks", { ">=": [{ var: "updated_date" }, dateValue("2026-03-01T08:30")] })).toBe(
      "Last updated on or after 2026-03-01 08:30",
    );
  });

  it("keep a moment to the minute", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true }), (moment) => {
        const minute = Math.floor(moment.getTime() / 60_000) * 60;
        expect(dateValue(dateText(minute))).toBe(minute);
      }),
    );
    expect(dateValue("")).toBeNaN();
  });

  it("have operators for every property, and lists have a text to search by default", () => {
    for (const properties of Object.values(PROPERTIES)) {
      for (const { kind, values } of properties) {
        expect(OPERATORS[kind].length).toBeGreaterThan(0);
        expect(values === undefined).toBe(kind !== "choice");
      }
      expect(new Set(properties.map(({ name }) => name)).size).toBe(properties.length);
    }
  });
});

describe("labels", () => {
  it("go from the constructor to raw text and back without loss", () => {
    const labels = [newLabel([], "car"), { name: "person", attributes: [{ name: "age", input_type: "number" }], svg: "<x/>" }];
    expect(parseLabels(labelsText(labels))).toEqual(labels);
    expect(parseLabels('["car", {"name": "bus"}]')).toEqual([{ name: "car" }, { name: "bus" }]);
  });

  it("get colours of their own", () => {
    let labels = [newLabel([], "0")];
    for (let count = 1; count < 10; count++) labels = [...labels, newLabel(labels, String(count))];
    expect(new Set(labels.map(({ color }) => color)).size).toBe(10);
    expect(newLabel(labels, "eleventh").color).toMatch(/^#[0-9a-f]{6}$/);
  });

  it("are refused with a reason", () => {
    expect(() => parseLabels("{")).toThrow("not JSON");
    expect(() => parseLabels('{"name": "car"}')).toThrow("a list");
    expect(() => parseLabels('[{"name": "car"}, 5]')).toThrow("Label 2 has no name");
    expect(problemWith([{ name: "car" }, { name: " car " }])).toContain('two labels called "car"');
    expect(problemWith([{ name: " " }])).toBe("A label has no name.");
    expect(problemWith([{ name: "car" }, { name: "bus" }])).toBeNull();
  });
});
