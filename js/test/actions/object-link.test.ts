import { signal } from "@preact/signals";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { colorObjects, MOST_COLORS } from "../../src/actions/object-colors";
import { linkTo, readLink, showObject } from "../../src/actions/object-link";
import { JobDocument } from "../../src/document/document";
import type { LabelSpec } from "../../src/document/records";
import { Editor, type Settings } from "../../src/editor";
import type { FramePlayer } from "../../src/frames/player";
import { keptColor, ownColors, sequenceColor } from "../../src/scene/colors";
import type { Link } from "../../src/wire/link";
import { golden } from "../filter/golden";

function opened(settings: Partial<Settings> = {}) {
  let seq = 0;
  const document = new JobDocument((label, changes) => ({ client: "a", seq: ++seq, base: 0, label, changes }));
  document.replaceAll(golden.records, 0, null);
  const labels = signal<readonly LabelSpec[]>(golden.labels);
  const frame = signal(golden.frame);
  const player = {
    frame,
    first: 0,
    last: 20,
    pause: () => undefined,
    seek: (to: number) => {
      frame.value = to;
    },
  } as unknown as FramePlayer;
  const info = { task: { id: 7, uid: "u", name: "t" }, job: { id: 3, start: 0, stop: 20 }, user: "ann", readOnly: true };
  const frames = {
    count: 21,
    kind: "video",
    fps: 25,
    deleted: new Set<number>(),
    nameOf: String,
    sizeOf: () => [640, 480] as const,
  } as const;
  return new Editor(info, labels, frames, document, player, {} as Link, settings);
}

describe("links to objects", () => {
  const page = { origin: "https://hub.example", pathname: "/user/ann/lab/tree/a%20b.ipynb" };
  const number = fc.integer({ min: 0, max: 9_999_999_999 });

  it("lead where they were made, and keep no query of the page", () => {
    const link = linkTo({ ...page, search: "?token=secret" } as unknown as Location, { job: 3, frame: 12, id: 45 });
    expect(link).toBe("https://hub.example/user/ann/lab/tree/a%20b.ipynb#cvat-widgets=3/12/45");
    fc.assert(
      fc.property(number, number, number, (job, frame, id) => {
        expect(readLink(linkTo(page, { job, frame, id }))).toEqual({ job, frame, id });
      }),
    );
  });

  it("are read as three numbers or not at all", () => {
    const start = "https://hub.example/a.ipynb#cvat-widgets=";
    for (const hostile of [
      "1/2",
      "1/2/3/4",
      "1/2/-3",
      "1/2/3.5",
      "1/2/3e4",
      "1/2/0x10",
      "1/2/3&x=1",
      "1/2/3\n",
      " 1/2/3",
      "1/2/<img src=x onerror=alert(1)>",
      "1/2/1234567890123456",
      "12345678901/2/3",
      "١/٢/٣",
    ]) {
      expect(readLink(start + hostile)).toBeNull();
    }
    expect(readLink("https://hub.example/a.ipynb?cvat-widgets=1/2/3")).toBeNull();
    expect(readLink("https://hub.example/a.ipynb#other#cvat-widgets=1/2/3")).toBeNull();
    expect(readLink("")).toBeNull();
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = readLink(start + text);
        if (read) expect(text).toMatch(/^\d+\/\d+\/\d+$/);
      }),
    );
  });

  it("show the object alone on a frame that has it", () => {
    const editor = opened();
    const [first] = golden.records;
    expect(showObject(editor, first?.id ?? 0, golden.frame)).toBe(true);
    expect(editor.selection.value).toEqual([first?.id]);
    expect(editor.objects.value.map(({ id }) => id)).toEqual([first?.id]);
    expect(editor.settings.value.recentFilters).toEqual([]);
    editor.filter.value = null;
    for (const { id } of golden.records) {
      expect(showObject(editor, id, 20, false)).toBe(true);
      expect(editor.filter.value).toBeNull();
      expect(editor.document.stateOf(id, editor.frame.value)?.outside).toBe(false);
    }
    const before = editor.frame.value;
    expect(showObject(editor, 99_999, 1)).toBe(false);
    expect([editor.frame.value, editor.filter.value]).toEqual([before, null]);
  });
});

describe("colours of single objects", () => {
  it("are seen where objects are coloured one by one, in their own task only", () => {
    const editor = opened({ objectColors: ["8/1/#ff0000", "7/2/#00ff00"], colorBy: "instance" });
    const [first, second] = [...editor.objects.value].sort((a, b) => a.id - b.id);
    if (!first || !second) throw new Error("there are two objects");
    expect([first.id, second.id]).toEqual([1, 2]);
    expect([editor.colorOf(first), editor.colorOf(second)]).toEqual([sequenceColor(1), "#00ff00"]);
    colorObjects(editor, [1, 2], "#123456");
    expect(editor.settings.value.objectColors).toEqual(["8/1/#ff0000", "7/1/#123456", "7/2/#123456"]);
    expect(editor.colorOf(first)).toBe("#123456");
    editor.setSetting("colorBy", "label");
    expect(editor.colorOf(first)).toBe(editor.labelOf(first.label)?.color);
    editor.setSetting("colorBy", "instance");
    colorObjects(editor, [1], null);
    expect([editor.colorOf(first), editor.colorOf(second)]).toEqual([sequenceColor(1), "#123456"]);
    expect(editor.settings.value.objectColors).toEqual(["8/1/#ff0000", "7/2/#123456"]);
  });

  it("are the same map until one is changed, so that nothing is drawn anew for other settings", () => {
    const editor = opened({ objectColors: ["7/2/#00ff00"] });
    const before = editor.ownColors.value;
    editor.setSetting("opacity", 50);
    expect(editor.ownColors.value).toBe(before);
  });

  it("are so many at most, the oldest go first", () => {
    const editor = opened();
    colorObjects(
      editor,
      Array.from({ length: MOST_COLORS }, (_, i) => i + 1),
      "#101010",
    );
    colorObjects(editor, [1, 5000], "#202020");
    const kept = editor.settings.value.objectColors;
    expect(kept.length).toBe(MOST_COLORS);
    expect(kept.slice(-2)).toEqual(["7/1/#202020", "7/5000/#202020"]);
    expect(kept[0]).toBe("7/3/#101010");
  });

  it("are left out where the store has something else", () => {
    const kept = [
      keptColor(7, 1, "#ABCDEF"),
      "7/2/red",
      "7/3/#12345",
      "7/4",
      "",
      "7/5/#123456;x",
      "7/6/#123456",
      "x/6/#654321",
    ];
    expect([...ownColors(kept, 7)]).toEqual([[6, "#123456"]]);
  });
});
