/** Where the pointer is, sent to the kernel every few seconds while somebody wants it recorded. */
import type { Context } from "../../actions/context";

/** Milliseconds between two samples: 20 a second. */
const APART = 50;
const SEND_AFTER = 2000;
const MOST = 500;

type Sample = readonly [time: number, frame: number, x: number, y: number, pressed: number];

export class PointerRecorder {
  private samples: Sample[] = [];
  private last = 0;
  private full = false;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly context: Context,
    private readonly now: () => number = () => performance.now(),
  ) {
    const { host } = context.scene;
    for (const type of ["pointermove", "pointerdown", "pointerup"] as const) {
      const take = (event: PointerEvent): void => this.take(event);
      host.addEventListener(type, take, { passive: true });
      this.stops.push(() => host.removeEventListener(type, take));
    }
    this.timer = setInterval(() => this.send(), SEND_AFTER);
  }

  dispose(): void {
    clearInterval(this.timer);
    for (const stop of this.stops) stop();
    this.send();
  }

  private take(event: PointerEvent): void {
    const now = this.now();
    if (this.full || this.samples.length >= MOST || now - this.last < APART) return;
    this.last = now;
    const { editor, scene } = this.context;
    const [x, y] = scene.toImage(event.clientX, event.clientY);
    this.samples.push([now, editor.frame.peek(), Math.round(x * 10) / 10, Math.round(y * 10) / 10, event.buttons & 1]);
  }

  private send(): void {
    if (this.samples.length === 0) return;
    const now = this.now();
    const { link } = this.context.editor;
    const samples = this.samples.map(([time, ...rest]) => [Math.round(now - time), ...rest]);
    this.samples = [];
    link.call<{ on: boolean }>("pointer.record", { client: link.clientId, samples }).then(
      ({ result }) => {
        this.full = !result.on;
      },
      () => undefined, // a trail with a gap is no harm
    );
  }
}
