/** Pictures of frames: asked from the kernel, decoded by the browser, both kept in bounded caches. */
import type { Link } from "../wire/link";
import { ByteCache } from "./cache";

/** `exact`: all pixels. `view`: the right frame, with no more pixels than the view shows. `proxy`: a small copy. */
export type Tier = "exact" | "view" | "proxy";

export interface FrameImage {
  readonly frame: number;
  readonly image: ImageBitmap;
  readonly width: number;
  readonly height: number;
  readonly tier: Tier;
}

interface FrameAnswer {
  readonly frame: number;
  readonly width: number;
  readonly height: number;
  readonly mime: string;
  readonly tier: Tier;
}

type Encoded = { readonly answer: FrameAnswer; readonly blob: Blob };
type Running = { readonly promise: Promise<FrameImage>; readonly abort: AbortController };
export type Decode = (blob: Blob) => Promise<ImageBitmap>;

const DECODED_BYTES = 256 * 2 ** 20;
const ENCODED_BYTES = 256 * 2 ** 20;
/** An answer of so many bytes is sent at once, see `CallOptions.large`. */
const LARGE_BYTES = 64 * 2 ** 10;

/** The kernel had no time for this one: it is asked for again when it is wanted. */
export class LeftOut extends Error {}

export class FrameSource {
  /** Pictures that left the cache are not closed at once: the canvas may still be showing them. */
  private readonly decoded = new ByteCache<string, FrameImage>(DECODED_BYTES);
  private readonly encoded = new ByteCache<string, Encoded>(ENCODED_BYTES);
  private readonly running = new Map<string, Running>();
  /** How many bytes the last picture of a tier had. */
  private readonly bytesOf: Record<Tier, number> = { exact: 0, view: 0, proxy: 0 };

  constructor(
    private readonly link: Pick<Link, "call">,
    private readonly decode: Decode = (blob) => createImageBitmap(blob),
  ) {}

  /** The longer side, in pixels, of pictures of the tier `view`. */
  viewSide = 0;

  /** A picture that is here already. */
  peek(frame: number, tier: Tier): FrameImage | undefined {
    return this.decoded.get(`${tier}:${frame}`);
  }

  has(frame: number, tier: Tier): boolean {
    return this.decoded.has(`${tier}:${frame}`) || this.running.has(`${tier}:${frame}`);
  }

  /** How many pictures like this one can be kept ready without pushing out one another, or the present one. */
  roomFor(image: FrameImage): number {
    return Math.floor(DECODED_BYTES / 2 / (4 * image.image.width * image.image.height));
  }

  fetch(frame: number, tier: Tier): Promise<FrameImage> {
    const key = `${tier}:${frame}`;
    const present = this.decoded.get(key);
    if (present) return Promise.resolve(present);
    const abort = new AbortController();
    return this.running.get(key)?.promise ?? this.run(key, abort, this.load(key, frame, tier, abort.signal));
  }

  /**
   * Ask for several pictures in one message. A notebook does so much for every message, as showing that its kernel is busy, that
   * pictures which come one by one cannot be played in time.
   */
  fetchAll(frames: readonly number[], tier: Tier): void {
    const wanted = frames.filter((frame) => !this.has(frame, tier));
    const asked = wanted.filter((frame) => !this.encoded.has(`${tier}:${frame}`));
    const all = new AbortController();
    let left = asked.length;
    const pulled = asked.length > 0 ? this.pull(asked, tier, all.signal) : Promise.resolve();
    for (const frame of wanted) {
      const key = `${tier}:${frame}`;
      const abort = new AbortController();
      // Only if nobody wants any of them the kernel need not go on.
      abort.signal.addEventListener("abort", () => --left <= 0 && all.abort(abort.signal.reason), { once: true });
      const image = pulled.then(() => {
        abort.signal.throwIfAborted();
        if (!this.encoded.has(key)) throw new LeftOut();
        return this.load(key, frame, tier, abort.signal);
      });
      // Failures are reported when such a frame is really wanted.
      this.run(key, abort, image).catch(() => undefined);
    }
  }

  /** Give up requests for frames nobody looks at any more. */
  cancelExcept(wanted: (frame: number, tier: Tier) => boolean): void {
    for (const [key, { abort }] of [...this.running]) {
      const [tier, frame] = key.split(":") as [Tier, string];
      if (wanted(Number(frame), tier)) continue;
      this.running.delete(key);
      abort.abort(new DOMException("No longer needed", "AbortError"));
    }
  }

  dispose(): void {
    this.cancelExcept(() => false);
    this.decoded.clear();
    this.encoded.clear();
  }

  private run(key: string, abort: AbortController, image: Promise<FrameImage>): Promise<FrameImage> {
    const promise = image.finally(() => {
      if (this.running.get(key)?.abort === abort) this.running.delete(key);
    });
    this.running.set(key, { promise, abort });
    return promise;
  }

  private async load(key: string, frame: number, tier: Tier, signal: AbortSignal): Promise<FrameImage> {
    if (!this.encoded.has(key)) await this.pull([frame], tier, signal);
    const { answer, blob } = this.encoded.get(key) as Encoded;
    const image = await this.decode(blob);
    const whole = image.width >= answer.width && image.height >= answer.height;
    const shown = tier === "view" && whole ? "exact" : tier;
    const result: FrameImage = { frame, image, width: answer.width, height: answer.height, tier: shown };
    this.decoded.set(key, result, image.width * image.height * 4);
    return result;
  }

  /** Bring encoded pictures into the cache: the first of them at least, else it throws. */
  private async pull(frames: readonly number[], tier: Tier, signal: AbortSignal): Promise<void> {
    const wanted = tier === "view" ? { frames, tier: "exact", side: this.viewSide } : { frames, tier };
    const large = this.bytesOf[tier] * frames.length >= LARGE_BYTES;
    const { result, buffers } = await this.link.call<{ frames: FrameAnswer[] }>("frames", wanted, { signal, large });
    for (const [number, answer] of result.frames.entries()) {
      const bytes = buffers[number];
      if (!bytes) throw new Error(`The kernel sent frame ${answer.frame} without its picture.`);
      const entry = { answer, blob: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: answer.mime }) };
      this.encoded.set(`${tier}:${answer.frame}`, entry, bytes.byteLength);
      this.bytesOf[tier] = bytes.byteLength;
    }
  }
}
