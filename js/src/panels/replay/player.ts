/** A replay as it runs: its clock, what is shown, and how the canvas follows. */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Context } from "../../actions/context";
import type { ObjectState } from "../../document/records";
import type { ReplayControl } from "../../editor";
import type { ReplayState } from "../../wire/protocol";
import { messageOf } from "../../words";
import { ReplayClock } from "./clock";
import { figuresOf, Overlay } from "./overlay";
import { type PointerSample, Trail } from "./trail";

/** As the kernel lists them: time (ms), author, origin, label, frame, ids. */
type WireStep = readonly [number, string, string, string, number | null, readonly number[]];

export interface ReplayStep {
  readonly time: number;
  readonly author: string;
  readonly origin: string;
  readonly label: string;
  readonly frame: number | null;
  readonly ids: readonly number[];
}

export const SPEEDS = [0.5, 1, 2, 5, 10, 20, 50] as const;
/** The kernel has sent what changed; a snapshot may still be on the way. */
const ARRIVAL_MS = 4000;

export class ReplayPlayer implements ReplayControl {
  /** Null until the kernel has listed them. */
  readonly steps: Signal<readonly ReplayStep[] | null> = signal(null);
  readonly problem: Signal<string | null> = signal(null);
  /** How many steps are made, or about to be. */
  readonly number: Signal<number> = signal(0);
  /** Time of the replay, in ms at speed 1. */
  readonly time: Signal<number> = signal(0);
  readonly speed: Signal<number> = signal(1);
  readonly duration: Signal<number> = signal(0);
  private readonly running: Signal<boolean> = signal(false);
  private readonly view: string;
  private readonly overlay: Overlay;
  private clock = new ReplayClock([]);
  private trail = new Trail([], () => 0);
  /** What the document holds. */
  private shown: number;
  private busy = false;
  private closed = false;
  private before = 0;
  private request = 0;

  constructor(
    private readonly context: Context,
    state: ReplayState,
  ) {
    const { editor, scene } = context;
    this.view = `${editor.link.clientId}-${Math.random().toString(36).slice(2, 8)}`;
    this.overlay = new Overlay(scene);
    this.shown = state.number;
    this.number.value = state.number;
    this.speed.value = state.speed;
    this.load(state).catch((error: unknown) => {
      this.problem.value = messageOf(error);
    });
  }

  get playing(): ReadonlySignal<boolean> {
    return this.running;
  }

  /** The step that was made last. */
  get step(): ReplayStep | null {
    return this.steps.value?.[this.number.value - 1] ?? null;
  }

  dispose(): void {
    this.closed = true;
    this.running.value = false;
    cancelAnimationFrame(this.request);
    this.overlay.dispose();
  }

  toggle(): void {
    if (this.running.peek()) this.pause();
    else this.play();
  }

  play(): void {
    const { steps } = this;
    if (!steps.peek()?.length || this.running.peek()) return;
    // At the end it begins again.
    if (this.number.peek() >= (steps.peek()?.length ?? 0)) this.place(0);
    this.running.value = true;
    this.before = performance.now();
    this.animate();
    void this.tell();
  }

  pause(): void {
    if (!this.running.peek()) return;
    this.running.value = false;
    void this.tell();
  }

  /** To the next or the previous change. */
  stepBy(count: number): void {
    this.running.value = false;
    this.place(this.number.peek() + count);
  }

  /** Show what there was after so many changes. */
  place(number: number): void {
    const last = this.steps.peek()?.length ?? 0;
    const to = Math.min(Math.max(number, 0), last);
    batch(() => {
      this.number.value = to;
      this.time.value = this.clock.timeOf(to);
    });
    void this.show();
  }

  setSpeed(speed: number): void {
    this.speed.value = speed;
    void this.tell();
  }

  /** Python, or another view, has moved, played or paused. */
  take(state: ReplayState): void {
    if (state.by === this.view || !this.steps.peek()) return;
    this.speed.value = state.speed;
    if (state.moved && state.number !== this.number.peek()) {
      this.running.value = false;
      this.shown = state.number;
      batch(() => {
        this.number.value = state.number;
        this.time.value = this.clock.timeOf(state.number);
      });
      this.follow([]);
    }
    if (state.playing && state.by === "") this.play();
    else if (!state.playing) this.running.value = false;
  }

  private async load(state: ReplayState): Promise<void> {
    const { link } = this.context.editor;
    const steps: ReplayStep[] = [];
    while (steps.length < state.steps) {
      const { result } = await link.call<{ steps: WireStep[] }>("replay.steps", { from: steps.length });
      if (result.steps.length === 0) break;
      for (const [time, author, origin, label, frame, ids] of result.steps)
        steps.push({ time, author, origin, label, frame, ids });
    }
    const { result } = await link.call<{ samples: PointerSample[] }>("replay.pointer");
    if (this.closed) return;
    this.clock = new ReplayClock(
      steps.map(({ time }) => time),
      result.samples.map(([, real]) => real),
    );
    this.trail = new Trail(result.samples, (real) => this.clock.replayOf(real));
    batch(() => {
      this.duration.value = this.clock.duration;
      this.time.value = this.clock.timeOf(this.number.peek());
      this.steps.value = steps;
    });
    this.follow([]);
    if (state.playing) this.play();
  }

  private animate(): void {
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame((now) => {
      if (this.closed) return;
      if (this.running.peek()) this.advance(now);
      const trails = this.trail.empty
        ? []
        : this.trail.at(this.time.peek(), this.context.scene.shownFrame.peek(), this.speed.peek());
      // At rest only what fades keeps the loop going; the pointer stays where it is.
      if (this.overlay.draw(trails) || this.running.peek()) this.animate();
    });
  }

  private advance(now: number): void {
    // A page that was away for a while goes on where it was.
    const passed = Math.min(now - this.before, 250);
    this.before = now;
    const time = Math.min(this.time.peek() + passed * this.speed.peek(), this.clock.duration);
    const number = this.clock.numberAt(time);
    batch(() => {
      this.time.value = time;
      this.number.value = number;
    });
    void this.show();
    if (time >= this.clock.duration) this.pause();
  }

  /** Bring the document to where the clock is; while the kernel answers, the clock may run on. */
  private async show(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.shown !== this.number.peek() && !this.closed) await this.move(this.number.peek());
    } catch (error) {
      this.running.value = false;
      this.problem.value = messageOf(error);
    } finally {
      this.busy = false;
    }
  }

  private async move(number: number): Promise<void> {
    const { editor } = this.context;
    const step = this.steps.peek()?.[number - 1];
    const frame = step?.frame ?? editor.frame.peek();
    const before = step ? step.ids.map((id) => editor.document.stateOf(id, frame)) : [];
    if (step?.frame !== null && step?.frame !== undefined && step.frame !== editor.frame.peek()) editor.player.seek(step.frame);
    const { revision } = await this.tell(number);
    await arrival(() => editor.document.revision.peek() >= revision || this.closed);
    this.shown = number;
    this.follow(before);
  }

  private async tell(number = this.number.peek()): Promise<{ revision: number }> {
    const { result } = await this.context.editor.link.call<{ revision: number }>("replay.go", {
      number,
      view: this.view,
      playing: this.running.peek(),
      speed: this.speed.peek(),
    });
    return result;
  }

  /** Go where the last change was made, and outline what it changed. */
  private follow(before: readonly (ObjectState | null)[]): void {
    const { editor } = this.context;
    const step = this.steps.peek()?.[this.shown - 1];
    if (step) {
      if (step.frame !== null && step.frame !== editor.frame.peek()) editor.player.seek(step.frame);
      const frame = editor.frame.peek();
      const visible = (state: ObjectState | null): boolean => state !== null && !state.outside;
      const after = step.ids.map((id) => editor.document.stateOf(id, frame));
      this.overlay.flash(figuresOf(editor, after.filter(visible)), frame, false);
      const gone = before.filter((state, index) => visible(state) && !visible(after[index] ?? null));
      this.overlay.flash(figuresOf(editor, gone), frame, true);
      editor.announce(`${step.author}: ${step.label}`);
    }
    this.animate();
  }
}

function arrival(there: () => boolean): Promise<void> {
  const until = performance.now() + ARRIVAL_MS;
  return new Promise((resolve) => {
    const look = (): void => {
      if (there() || performance.now() > until) resolve();
      else setTimeout(look, 15);
    };
    look();
  });
}
