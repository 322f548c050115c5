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
export type Decode = (blob: Blob) => Promise<ImageBitmap>;

const DECODED_BYTES = 256 * 2 ** 20;
const ENCODED_BYTES = 256 * 2 ** 20;

export class FrameSource {
  /** Pictures that left the cache are not closed at once: the canvas may still be showing them. */
  private readonly decoded = new ByteCache<string, FrameImage>(DECODED_BYTES);
  private readonly encoded = new ByteCache<string, Encoded>(ENCODED_BYTES);
  private readonly running = new Map<string, { promise: Promise<FrameImage>; abort: AbortController }>();

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

  get inFlight(): number {
    return this.running.size;
  }

  fetch(frame: number, tier: Tier): Promise<FrameImage> {
    const key = `${tier}:${frame}`;
    const present = this.decoded.get(key);
    if (present) return Promise.resolve(present);
    const running = this.running.get(key);
    if (running) return running.promise;
    const abort = new AbortController();
    const promise = this.load(key, frame, tier, abort.signal).finally(() => this.running.delete(key));
    this.running.set(key, { promise, abort });
    return promise;
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

  private async load(key: string, frame: number, tier: Tier, signal: AbortSignal): Promise<FrameImage> {
    const { answer, blob } = this.encoded.get(key) ?? (await this.pull(key, frame, tier, signal));
    const image = await this.decode(blob);
    const whole = image.width >= answer.width && image.height >= answer.height;
    const shown = tier === "view" && whole ? "exact" : tier;
    const result: FrameImage = { frame, image, width: answer.width, height: answer.height, tier: shown };
    this.decoded.set(key, result, image.width * image.height * 4);
    return result;
  }

  private async pull(key: string, frame: number, tier: Tier, signal: AbortSignal): Promise<Encoded> {
    const wanted = tier === "view" ? { frame, tier: "exact", side: this.viewSide } : { frame, tier };
    const { result, buffers } = await this.link.call<FrameAnswer>("frame", wanted, { signal });
    const bytes = buffers[0];
    if (!bytes) throw new Error(`The kernel sent frame ${frame} without its picture.`);
    const entry = { answer: result, blob: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: result.mime }) };
    this.encoded.set(key, entry, bytes.byteLength);
    return entry;
  }
}
