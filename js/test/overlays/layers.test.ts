import { signal } from "@preact/signals";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Editor } from "../../src/editor";
import { OverlayLayers } from "../../src/overlays/layers";
import { placeOf, tooFast } from "../../src/overlays/placement";
import type { Context } from "../../src/scene/painter";
import type { Scene } from "../../src/scene/scene";
import { Viewport } from "../../src/scene/viewport";
import type { Demonstration } from "../../src/wire/protocol";
import { label, makeEditor } from "../workspaces/fixture";

describe("where layers lie", () => {
  it("is where the picture is, however it is zoomed and moved", () => {
    const number = fc.double({ min: -400, max: 400, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.double({ min: 0.3, max: 4, noNaN: true }), (dx, dy, zoom) => {
        const viewport = new Viewport();
        viewport.resize(800, 600);
        viewport.fit(1000, 500);
        viewport.zoomAt(zoom, 400, 300);
        viewport.panBy(dx, dy);
        const view = { x: viewport.x.value, y: viewport.y.value, scale: viewport.scale.value };
        const [x, y, width, height] = placeOf([1000, 500], view);
        const [left, top] = viewport.toScreen(0, 0);
        const [right, bottom] = viewport.toScreen(1000, 500);
        expect([x, y]).toEqual([left, top]);
        expect(x + width).toBeCloseTo(right, 6);
        expect(y + height).toBeCloseTo(bottom, 6);
      }),
    );
  });

  it("are not asked for while frames go by fast", () => {
    expect(tooFast(false, 60, 4)).toBe(false);
    expect(tooFast(true, 25, 1)).toBe(true);
    expect(tooFast(true, 24, 0.25)).toBe(false);
    expect(tooFast(true, null, 1)).toBe(true);
    expect(tooFast(true, null, 0.5)).toBe(false);
  });
});

const image = (name: string): ImageBitmap => ({ width: 2, height: 1, name }) as unknown as ImageBitmap;

class Stage {
  readonly editor: Editor;
  readonly layers: OverlayLayers;
  readonly shownFrame = signal(0);
  readonly redraw = vi.fn();
  readonly calls: { readonly frame: number; readonly have: Record<string, string> }[] = [];
  readonly scene: Scene;
  readonly state = signal<Demonstration | null>(null);
  stop: () => void = () => undefined;
  /** What the kernel answers, by name: a key, and whether there is a picture. */
  answers: Record<string, { key: string; failure?: string }> = { heat: { key: "1" } };
  pending: Promise<void> = Promise.resolve();

  constructor() {
    const { editor } = makeEditor([label(1)]);
    this.editor = editor;
    editor.demonstration = this.state;
    this.tell(["heat"], 1);
    editor.player.image.value = { frame: 0, image: image("frame"), width: 100, height: 50, tier: "exact" };
    this.layers = new OverlayLayers(editor, async (blob) => image(await blob.text()));
    vi.spyOn(editor.link, "call").mockImplementation(async (_method, params) => {
      const asked = params as { frame: number; have: Record<string, string> };
      this.calls.push(asked);
      await this.pending;
      const known = Object.entries(this.answers).filter(([name]) => name in asked.have);
      const layers = known.map(([name, { key, failure = "" }]) => {
        const picture = asked.have[name] === key ? null : failure ? 0 : 1;
        return { name, key, picture, failure };
      });
      const shown = layers.filter(({ picture }) => picture);
      return { result: { layers } as never, buffers: shown.map(({ name, key }) => new TextEncoder().encode(`${name} ${key}`)) };
    });
    this.scene = {
      shownFrame: this.shownFrame,
      underlay: null,
      redraw: this.redraw,
      pictureSize: () => [100, 50],
      get upToDate() {
        return true;
      },
    } as unknown as Scene;
    this.stop = this.layers.show(this.scene);
  }

  tell(names: readonly string[], version: number): void {
    const overlays = names.length > 0 ? { names, version } : null;
    this.state.value = { record: false, commands: 0, replay: null, overlays };
  }

  go(frame: number): void {
    this.editor.frame.value = frame;
    this.editor.player.image.value = { frame, image: image("frame"), width: 100, height: 50, tier: "exact" };
    this.shownFrame.value = frame;
  }

  /** Names of what is painted, with how opaque, and where. */
  painted(): unknown[] {
    const drawn: unknown[] = [];
    const context = {
      globalAlpha: 1,
      drawImage: (each: { name: string }, ...place: number[]) => drawn.push([each.name, context.globalAlpha, ...place]),
    };
    this.scene.underlay?.(context as unknown as Context, { x: 5, y: 7, scale: 2, width: 300, height: 200 });
    expect(context.globalAlpha).toBe(1);
    return drawn;
  }
}

describe("layers of Python", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());
  const rest = () => vi.advanceTimersByTimeAsync(100);

  it("are asked for when a frame rests, once, and kept", async () => {
    const stage = new Stage();
    for (const frame of [1, 2, 3]) stage.go(frame);
    await rest();
    expect(stage.calls).toEqual([{ frame: 3, have: { heat: "" } }]);
    expect(stage.painted()).toEqual([["heat 1", 0.7, 5, 7, 200, 100]]);
    stage.go(4);
    expect(stage.painted()).toEqual([]);
    await rest();
    stage.go(3);
    expect(stage.painted()).toEqual([["heat 1", 0.7, 5, 7, 200, 100]]);
    await rest();
    expect(stage.calls.map(({ frame }) => frame)).toEqual([3, 4]);
  });

  it("are asked for again when objects of the frame change or Python says so, and stay until the new ones are there", async () => {
    const stage = new Stage();
    await rest();
    const record = { kind: "shape", type: "rectangle", label: 1, frame: 0, points: [1, 2, 3, 4] };
    stage.editor.commit("Draw", { added: [{ ...record, id: 1 }] } as never);
    stage.answers = { heat: { key: "2" } };
    expect(stage.painted()).toHaveLength(1);
    await rest();
    expect(stage.calls.at(-1)).toEqual({ frame: 0, have: { heat: "1" } });
    expect(stage.painted()).toEqual([["heat 2", 0.7, 5, 7, 200, 100]]);
    stage.tell(["heat"], 2);
    await rest();
    expect(stage.calls).toHaveLength(3);
    expect(stage.painted()).toEqual([["heat 2", 0.7, 5, 7, 200, 100]]); // it was the same
    stage.editor.settings.value = { ...stage.editor.settings.value, brightness: 120 };
    await rest();
    expect(stage.calls).toHaveLength(3);
  });

  it("can be switched off one by one and together, and are not asked for then", async () => {
    const stage = new Stage();
    stage.answers = { heat: { key: "1" }, arrows: { key: "1" } };
    stage.tell(["heat", "arrows"], 2);
    stage.layers.toggle("heat");
    await rest();
    expect(stage.calls).toEqual([{ frame: 0, have: { arrows: "" } }]);
    stage.layers.toggle("heat");
    await rest();
    expect(stage.painted().map((each) => (each as unknown[])[0])).toEqual(["heat 1", "arrows 1"]);
    stage.editor.setSetting("overlayOpacity", 20);
    expect((stage.painted()[0] as unknown[])[1]).toBeCloseTo(0.2);
    stage.editor.setSetting("showOverlays", false);
    stage.go(1);
    await rest();
    expect(stage.painted()).toEqual([]);
    expect(stage.calls).toHaveLength(2);
    stage.editor.setSetting("showOverlays", true);
    stage.editor.bitmap.value = true;
    await rest();
    expect(stage.calls).toHaveLength(2);
  });

  it("do not hold up playing, and are there when it stops", async () => {
    const stage = new Stage();
    await rest();
    stage.editor.player.playing.value = true;
    for (const frame of [1, 2, 3]) {
      stage.go(frame);
      await rest();
    }
    expect(stage.calls).toHaveLength(1);
    stage.editor.player.playing.value = false;
    await rest();
    expect(stage.calls.map(({ frame }) => frame)).toEqual([0, 3]);
  });

  it("say once why they cannot be drawn", async () => {
    const stage = new Stage();
    stage.answers = { heat: { key: "1", failure: "ValueError: no" } };
    await rest();
    stage.go(1);
    await rest();
    expect(stage.editor.toasts.value.map(({ text }) => text)).toEqual(["The layer heat could not be drawn: ValueError: no"]);
    expect([...stage.layers.failures.value]).toEqual([["heat", "ValueError: no"]]);
    expect(stage.painted()).toEqual([]);
    stage.answers = { heat: { key: "2" } };
    stage.tell(["heat"], 3);
    await rest();
    expect([...stage.layers.failures.value]).toEqual([]);
    expect(stage.painted()).toHaveLength(1);
  });

  it("give up a question whose frame nobody looks at any more, and ask one at a time", async () => {
    const stage = new Stage();
    let answer = (): void => undefined;
    stage.pending = new Promise((resolve) => {
      answer = resolve;
    });
    await rest();
    stage.tell(["heat"], 2);
    await rest();
    expect(stage.calls).toHaveLength(1);
    answer();
    await rest();
    expect(stage.calls.map(({ frame }) => frame)).toEqual([0, 0]);
    stage.stop();
    expect(stage.scene.underlay).toBeNull();
  });
});
