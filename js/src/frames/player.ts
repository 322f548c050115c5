/** Which frame is shown: seeking, stepping, scrubbing, playing, and what to fetch ahead. */
import { batch, type Signal, signal } from "@preact/signals";
import type { Link } from "../wire/link";
import { messageOf } from "../words";
import { type Decode, type FrameImage, FrameSource, LeftOut, type Tier } from "./source";

export type { FrameImage } from "./source";

export interface PlayerOptions {
  readonly first: number;
  readonly last: number;
  readonly fps: number | null;
  readonly decode?: Decode;
}

/** So many frames are fetched ahead, twice as many while playing, as far as there is room for them. */
const AHEAD = 6;
/** A frame that is looked at for so long is wanted with all its pixels. */
const REST_MS = 70;
const IMAGES_PER_SECOND = 10;
/** Sides asked for are multiples of this, so that zooming a little does not ask for everything anew. */
const SIDE_STEP = 320;

export class FramePlayer {
  readonly frame: Signal<number>;
  /** What can be shown now: the present frame, or until it arrives the one before. */
  readonly image: Signal<FrameImage | null> = signal(null);
  readonly loading: Signal<boolean> = signal(false);
  readonly error: Signal<string | null> = signal(null);
  readonly playing: Signal<boolean> = signal(false);
  readonly speed: Signal<number> = signal(1);
  readonly first: number;
  readonly last: number;
  /** Frames that stepping and playing leave out. */
  skips: (frame: number) => boolean = () => false;
  private readonly source: FrameSource;
  private direction = 1;
  private visible = true;
  private resting: ReturnType<typeof setTimeout> | null = null;
  private clock: ReturnType<typeof setTimeout> | null = null;

  constructor(
    link: Pick<Link, "call">,
    private readonly options: PlayerOptions,
  ) {
    this.first = options.first;
    this.last = options.last;
    this.frame = signal(options.first);
    this.source = new FrameSource(link, options.decode);
  }

  /** Show a frame, soon with as many pixels as the view has, at rest with all; numbers outside the job are brought into it. */
  seek(frame: number): void {
    this.show(frame, this.viewTier, true);
  }

  /** Go on by some frames; what is left out is passed over. */
  step(count: number): void {
    this.pause();
    const from = this.frame.peek();
    const to = this.reachable(from + count, count < 0 ? -1 : 1, from);
    if (to !== null) this.seek(to);
  }

  /** The first frame that is not left out, or the last one. */
  seekEnd(end: "first" | "last"): void {
    const [from, direction] = end === "first" ? ([this.first, 1] as const) : ([this.last, -1] as const);
    this.seek(this.reachable(from, direction) ?? from);
  }

  /** The nearest frame from `wanted` on in a direction that is not left out; else back towards `from`, which does not count. */
  reachable(wanted: number, direction: 1 | -1, from?: number): number | null {
    const start = Math.min(Math.max(wanted, this.first), this.last);
    for (let frame = start; frame >= this.first && frame <= this.last; frame += direction) if (!this.skips(frame)) return frame;
    if (from === undefined) return null;
    for (let frame = start; frame !== from; frame -= direction) if (!this.skips(frame)) return frame;
    return null;
  }

  /** While the slider is dragged: small pictures at once, the exact one when it rests. */
  scrub(frame: number): void {
    this.show(frame, "proxy");
    this.restSoon();
  }

  /** The slider was let go. */
  rest(): void {
    if (this.resting) clearTimeout(this.resting);
    this.resting = null;
    this.show(this.frame.peek(), "exact");
  }

  private restSoon(): void {
    if (this.resting) clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(), REST_MS);
  }

  /** Fetch the present frame again, after an error. */
  retry(): void {
    this.seek(this.frame.peek());
  }

  play(): void {
    if (this.playing.peek()) return;
    if (this.reachable(this.frame.peek() + 1, 1) === null || this.frame.peek() >= this.last) this.seekEnd("first");
    if (this.resting) clearTimeout(this.resting);
    this.resting = null;
    this.playing.value = true;
    this.direction = 1;
    this.next(performance.now());
  }

  pause(): void {
    const wasPlaying = this.playing.peek();
    this.playing.value = false;
    if (this.clock) clearTimeout(this.clock);
    this.clock = null;
    // At rest all pixels count.
    if (wasPlaying && this.image.peek()?.tier === "view") this.show(this.frame.peek(), "exact");
  }

  /** How many pixels of the longer side of the picture the view shows at present; pictures with more are not needed to play. */
  showsSide(pixels: number): void {
    this.source.viewSide = Math.ceil(pixels / SIDE_STEP) * SIDE_STEP;
  }

  toggle(): void {
    if (this.playing.peek()) this.pause();
    else this.play();
  }

  /** Nothing is fetched or played for a view nobody sees. */
  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    if (!visible) this.pause();
    else if (this.image.peek()?.frame !== this.frame.peek()) this.retry();
  }

  dispose(): void {
    this.pause();
    if (this.resting) clearTimeout(this.resting);
    this.source.dispose();
  }

  /** With `rest`, all pixels follow once the picture that the view needs is there. */
  private show(wanted: number, tier: Tier, rest = false): void {
    const frame = Math.min(Math.max(Math.round(wanted), this.first), this.last);
    const before = this.frame.peek();
    if (frame !== before) this.direction = frame > before ? 1 : -1;
    const ready = this.source.peek(frame, "exact") ?? (tier === "exact" ? undefined : this.source.peek(frame, tier));
    batch(() => {
      this.frame.value = frame;
      this.error.value = null;
      if (ready) this.image.value = ready;
      this.loading.value = !ready && (this.image.peek()?.frame !== frame || this.image.peek()?.tier === "proxy");
    });
    if (!this.visible) return;
    // Requests for frames left behind are given up, so that the kernel turns to this one.
    this.source.cancelExcept((other) => Math.abs(other - frame) <= 2 * AHEAD);
    if (!ready) void this.load(frame, tier, rest);
    else if (tier !== "proxy") this.arrived(frame, ready, rest);
  }

  private arrived(frame: number, image: FrameImage, rest: boolean): void {
    if (rest && image.tier === "view") this.restSoon();
    this.fetchAhead(frame, image);
  }

  /** Enough for the view: all pixels only where it shows them. */
  private get viewTier(): Tier {
    const { viewSide } = this.source;
    const shown = this.image.peek();
    return viewSide > 0 && shown && viewSide < Math.max(shown.width, shown.height) ? "view" : "exact";
  }

  private async load(frame: number, tier: Tier, rest: boolean): Promise<void> {
    try {
      const image = await this.source.fetch(frame, tier);
      if (this.frame.peek() !== frame) return;
      batch(() => {
        const shown = this.image.peek();
        if (!(shown?.frame === frame && shown.tier === "exact")) this.image.value = image;
        this.loading.value = false;
      });
      if (tier !== "proxy") this.arrived(frame, image, rest);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (this.frame.peek() !== frame) return;
      if (error instanceof LeftOut) return this.load(frame, tier, rest);
      batch(() => {
        this.error.value = messageOf(error);
        this.loading.value = false;
      });
    }
  }

  private fetchAhead(frame: number, image: FrameImage): void {
    const tier = this.viewTier;
    const ahead = Math.max(1, Math.min(this.playing.peek() ? 2 * AHEAD : AHEAD, this.source.roomFor(image)));
    const missing: number[] = [];
    for (let count = 1; count <= ahead; count++) {
      const other = frame + count * this.direction;
      if (other < this.first || other > this.last || this.skips(other)) continue;
      if (!this.source.has(other, "exact") && !this.source.has(other, tier)) missing.push(other);
    }
    const [nearest] = missing;
    if (nearest === undefined) return;
    const urgent = Math.abs(nearest - frame) === 1;
    // Many in one message, but not the one that somebody may step to next.
    const alone = urgent && !this.playing.peek() ? 1 : 0;
    if (alone) this.source.fetchAll([nearest], tier);
    if (urgent || 2 * missing.length >= ahead) this.source.fetchAll(missing.slice(alone, AHEAD + alone), tier);
  }

  /** Play one frame after the other, in time if the pictures come fast enough, slower if not; none is left out. */
  private next(due: number): void {
    const rate = (this.options.fps ?? IMAGES_PER_SECOND) * this.speed.peek();
    const delay = Math.max(0, due + 1000 / rate - performance.now());
    this.clock = setTimeout(() => void this.advance(due + 1000 / rate), delay);
  }

  private async advance(due: number): Promise<void> {
    if (!this.playing.peek()) return;
    const before = this.frame.peek();
    const frame = before < this.last ? this.reachable(before + 1, 1) : null;
    if (frame === null) {
      this.pause();
      return;
    }
    const tier = this.viewTier;
    try {
      if (!this.source.peek(frame, "exact")) await this.source.fetch(frame, tier);
    } catch {
      // Shown below, by the ordinary way of seeking.
    }
    if (!this.playing.peek()) return;
    this.show(frame, tier);
    if (this.error.peek()) this.pause();
    else this.next(Math.max(due, performance.now() - 50));
  }
}
