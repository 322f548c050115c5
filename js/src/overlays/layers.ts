/** Layers that Python draws over the picture: asked from the kernel for the frame that is looked at, kept in a bounded cache. */
import { effect, type Signal, signal, untracked } from "@preact/signals";
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";
import { ByteCache } from "../frames/cache";
import type { View } from "../scene/area";
import type { Context as DrawContext } from "../scene/painter";
import type { Scene } from "../scene/scene";
import { messageOf } from "../words";
import { placeOf, same, tooFast } from "./placement";

interface Answer {
  readonly layers: readonly {
    readonly name: string;
    readonly key: string;
    /** Bytes of its picture; null: it is still the one that is here. */
    readonly picture: number | null;
    readonly failure: string;
  }[];
}

interface Drawn {
  readonly key: string;
  readonly image: ImageBitmap | null;
}

/** What is known of a frame: its layers, and what they were asked for with. */
interface FrameLayers {
  readonly layers: ReadonlyMap<string, Drawn>;
  readonly asked: readonly string[];
  readonly version: number;
  readonly objects: readonly ObjectState[];
}

const CACHE_BYTES = 64 * 2 ** 20;
/** A frame or a change that lasts for so long is worth asking for; stepping through frames asks for none of those between. */
const REST_MS = 80;

export class OverlayLayers {
  /** Layers that the user does not want to see for now. */
  readonly hidden: Signal<ReadonlySet<string>> = signal(new Set());
  /** Why layers could not be drawn, by name. */
  readonly failures: Signal<ReadonlyMap<string, string>> = signal(new Map());
  private readonly known = new ByteCache<number, FrameLayers>(CACHE_BYTES);
  private readonly said = new Set<string>();
  private scene: Scene | null = null;
  private asking: { readonly frame: number; readonly abort: AbortController } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly editor: Editor,
    private readonly decode: (blob: Blob) => Promise<ImageBitmap> = (blob) => createImageBitmap(blob),
  ) {}

  /** Names of the layers there are. */
  get names(): readonly string[] {
    return this.editor.demonstration.value?.overlays?.names ?? [];
  }

  /** Draw on a scene and follow it; returns how to stop. */
  show(scene: Scene): () => void {
    this.scene = scene;
    scene.underlay = (context, view) => this.paint(context, view);
    const stop = effect(() => {
      const { editor } = this;
      editor.demonstration.value;
      this.hidden.value;
      editor.settings.value;
      editor.bitmap.value;
      editor.objects.value;
      editor.player.image.value;
      editor.player.playing.value;
      const frame = scene.shownFrame.value;
      untracked(() => {
        if (this.asking && this.asking.frame !== frame) this.asking.abort.abort();
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.pull(), REST_MS);
        scene.redraw();
      });
    });
    return () => {
      stop();
      clearTimeout(this.timer);
      this.asking?.abort.abort();
      scene.underlay = null;
      scene.redraw();
      this.scene = null;
    };
  }

  toggle(name: string): void {
    const hidden = new Set(this.hidden.peek());
    if (!hidden.delete(name)) hidden.add(name);
    this.hidden.value = hidden;
  }

  /** The layers that are to be seen now. */
  private get wanted(): readonly string[] {
    const { editor } = this;
    if (!editor.settings.peek().showOverlays || editor.bitmap.peek()) return [];
    const hidden = this.hidden.peek();
    return untracked(() => this.names.filter((name) => !hidden.has(name)));
  }

  private paint(context: DrawContext, view: View): void {
    const { scene, wanted } = this;
    if (!scene || wanted.length === 0) return;
    const known = this.known.get(scene.shownFrame.peek());
    if (!known) return;
    const place = placeOf(scene.pictureSize(), view);
    context.globalAlpha = this.editor.settings.peek().overlayOpacity / 100;
    context.imageSmoothingEnabled = true;
    for (const name of wanted) {
      const image = known.layers.get(name)?.image;
      if (image) context.drawImage(image, ...place);
    }
    context.globalAlpha = 1;
  }

  /** Ask for the layers of the present frame, unless they are here as they should be; one question at a time. */
  private async pull(): Promise<void> {
    const { editor, scene, wanted } = this;
    if (!scene || this.asking || wanted.length === 0) return;
    const frame = scene.shownFrame.peek();
    const { player } = editor;
    // The picture comes first.
    if (!scene.upToDate || player.image.peek()?.frame !== frame) return;
    if (tooFast(player.playing.peek(), editor.frames.fps, player.speed.peek())) return;
    const version = editor.demonstration.peek()?.overlays?.version ?? 0;
    const objects = editor.objects.peek();
    const known = this.known.get(frame);
    const fresh = known?.version === version && same(known.objects, objects);
    if (fresh && wanted.every((name) => known.asked.includes(name))) return;
    const abort = new AbortController();
    this.asking = { frame, abort };
    try {
      const have = Object.fromEntries(wanted.map((name) => [name, known?.layers.get(name)?.key ?? ""]));
      const { result, buffers } = await editor.link.call<Answer>("overlays", { frame, have }, { signal: abort.signal });
      const layers = await this.taken(result, buffers, known?.layers);
      this.keep(frame, { layers, asked: wanted, version, objects });
    } catch (error) {
      if (!abort.signal.aborted) {
        this.keep(frame, { layers: new Map(), asked: wanted, version, objects });
        this.say("", `The layers of Python could not be fetched: ${messageOf(error)}`);
      }
    } finally {
      this.asking = null;
    }
    if (!this.scene) return;
    scene.redraw();
    // What has changed meanwhile is asked for next.
    void this.pull();
  }

  private keep(frame: number, made: FrameLayers): void {
    const bytes = [...made.layers.values()].reduce(
      (sum, { image }) => sum + (image ? image.width * image.height * 4 : 0),
      1000,
    );
    this.known.set(frame, made, bytes);
  }

  private async taken(
    { layers }: Answer,
    buffers: readonly Uint8Array[],
    before: ReadonlyMap<string, Drawn> | undefined,
  ): Promise<ReadonlyMap<string, Drawn>> {
    const taken = new Map<string, Drawn>();
    const failures = new Map(this.failures.peek());
    let next = 0;
    for (const { name, key, picture, failure } of layers) {
      const bytes = picture ? buffers[next++] : undefined;
      const image = bytes ? await this.decode(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" })) : null;
      taken.set(name, { key, image: picture === null ? (before?.get(name)?.image ?? null) : image });
      if (picture === null) continue;
      failures.delete(name);
      if (!failure) continue;
      failures.set(name, failure);
      this.say(name, `The layer ${name} could not be drawn: ${failure}`);
    }
    this.failures.value = failures;
    return taken;
  }

  /** Tell the user once, and not for every frame. */
  private say(name: string, text: string): void {
    const once = `${name}\n${text}`;
    if (this.said.has(once)) return;
    this.said.add(once);
    this.editor.toast("error", text);
  }
}

const models = new WeakMap<Editor, OverlayLayers>();

/** The layers of an editor, made on first use. */
export function overlaysOf(editor: Editor): OverlayLayers {
  let made = models.get(editor);
  if (!made) {
    made = new OverlayLayers(editor);
    models.set(editor, made);
  }
  return made;
}
