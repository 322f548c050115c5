import { describe, expect, it } from "vitest";
import { ACTIONS, bindings } from "../../src/actions/actions";
import { KeyReader, pressOf, readable } from "../../src/actions/keys";

const press = (
  code: string,
  key: string,
  mods: Partial<Record<"ctrlKey" | "shiftKey" | "altKey" | "metaKey", boolean>> = {},
) => ({
  code,
  key,
  ctrlKey: false,
  shiftKey: false,
  altKey: false,
  metaKey: false,
  ...mods,
});

describe("actions", () => {
  it("have names, groups and keys of their own", () => {
    const ids = ACTIONS.map((action) => action.id);
    expect(new Set(ids).size).toBe(ids.length);
    const keys = [...bindings()].map(([each]) => each);
    expect(new Set(keys).size).toBe(keys.length);
    for (const action of ACTIONS) {
      expect(action.label.length).toBeGreaterThan(2);
    }
  });

  it("have no key that hides the start of a sequence", () => {
    const keys = [...bindings()].map(([each]) => each);
    for (const each of keys) expect(keys.some((other) => other.startsWith(`${each} `))).toBe(false);
  });
});

describe("keys", () => {
  it("go by place for letters and by sign for the rest", () => {
    expect(pressOf(press("KeyZ", "y", { ctrlKey: true }))).toBe("ctrl+z");
    expect(pressOf(press("KeyZ", "Z", { metaKey: true, shiftKey: true }))).toBe("ctrl+shift+z");
    expect(pressOf(press("Equal", "+", { shiftKey: true }))).toBe("+");
    expect(pressOf(press("Numpad3", "3", { ctrlKey: true }))).toBe("ctrl+3");
    expect(pressOf(press("Space", " "))).toBe("space");
    expect(pressOf(press("ArrowLeft", "ArrowLeft", { shiftKey: true }))).toBe("shift+left");
  });

  it("read as people write them", () => {
    expect(readable("ctrl+shift+z")).toBe("Ctrl+Shift+Z");
    expect(readable("t l")).toBe("T L");
    expect(readable("+")).toBe("+");
    expect(readable("ctrl+=")).toBe("Ctrl+=");
    expect(readable("f1")).toBe("F1");
  });

  it("make sequences, but not slowly", () => {
    const reader = new KeyReader(bindings);
    expect(reader.read(press("KeyT", "t"), 0)).toBe("prefix");
    expect(reader.read(press("KeyL", "l"), 500)).toBe("lock-all");
    expect(reader.read(press("KeyT", "t"), 1000)).toBe("prefix");
    expect(reader.read(press("KeyL", "l"), 9000)).toBe("lock");
    expect(reader.read(press("KeyT", "t"), 10_000)).toBe("prefix");
    expect(reader.read(press("KeyF", "f"), 10_100)).toBe("next-frame");
    expect(reader.read(press("KeyY", "y"), 11_000)).toBeNull();
  });
});
