/**
 * The models of one annotator: the list, the run that goes on, and the result that waits. It outlives the panel, so that
 * annotation goes on while a model is at work.
 */
import { computed, type Signal, signal } from "@preact/signals";
import type { Editor } from "../../editor";
import { CallError } from "../../wire/link";
import type {
  DetectRequest,
  Drafts,
  ModelKind,
  ModelsAnswer,
  PendingResult,
  ReidentifyRequest,
  ReidentifyResult,
  RunState,
  TrackRequest,
  TrackResult,
} from "../../wire/models";
import { messageOf } from "../../words";
import { passing, totalAt } from "./threshold";

/** What came of the last thing that was asked. */
export interface Outcome {
  readonly text: string;
  readonly bad: boolean;
  /** Of an error that is not the user's. */
  readonly trace: string | null;
}

/** Scores below this are not kept, however low the slider may go afterwards. */
const LOWEST = 5;
const POLL_MS = 1500;

export class ModelsState {
  readonly answer = signal<ModelsAnswer | null>(null);
  readonly running = signal<RunState | null>(null);
  readonly pending = signal<PendingResult | null>(null);
  readonly outcome = signal<Outcome | null>(null);
  /** In percent; before a run what is wanted, after it what of the result is. */
  readonly threshold = signal(50);
  /** Labels of the result that are not wanted. */
  readonly without: Signal<ReadonlySet<number>> = signal(new Set());
  /** What waits on the frame that is shown. */
  readonly drafts = signal<Drafts | null>(null);
  readonly tab = signal<ModelKind | "opencv">("detector");
  /** The model chosen of each kind. */
  readonly chosen = signal<Readonly<Partial<Record<ModelKind, string>>>>({});
  /** What would be written of the frame that is shown. */
  readonly passing = computed(() => passing(this.drafts.value?.objects ?? [], this.threshold.value, this.without.value));
  readonly total = computed(() => totalAt(this.pending.value?.scores ?? {}, this.threshold.value, this.without.value));
  private own: AbortController | null = null;
  private poll: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly editor: Editor) {}

  /** Ask the kernel how things are. */
  async load(): Promise<void> {
    clearTimeout(this.poll);
    try {
      const { result } = await this.editor.link.call<ModelsAnswer>("models");
      this.answer.value = result;
      if (!this.own) this.running.value = result.running;
      this.setPending(result.pending);
      // A run of another tab, or of this page before it was reloaded.
      if (result.running && !this.own) this.poll = setTimeout(() => void this.load(), POLL_MS);
    } catch (error) {
      this.fail(error);
    }
  }

  stopAsking(): void {
    clearTimeout(this.poll);
  }

  show(tab: ModelKind | "opencv"): void {
    this.tab.value = tab;
    this.outcome.value = null;
  }

  choose(kind: ModelKind, id: string): void {
    this.chosen.value = { ...this.chosen.value, [kind]: id };
    this.outcome.value = null;
  }

  async detect(request: Omit<DetectRequest, "threshold">): Promise<void> {
    const threshold = Math.min(this.threshold.peek(), LOWEST);
    const result = await this.run<PendingResult>("detect", { ...request, threshold });
    if (result) this.setPending(result);
  }

  async track(request: TrackRequest): Promise<void> {
    const result = await this.run<TrackResult>("track", request);
    if (!result) return;
    this.editor.selection.value = result.ids;
    this.say(trackedText(result, request));
  }

  async reidentify(request: ReidentifyRequest): Promise<void> {
    const result = await this.run<ReidentifyResult>("reidentify", request);
    if (!result) return;
    const { boxes, ids } = result;
    this.say(
      `${boxes} box${boxes === 1 ? "" : "es"} became ${ids.length} track${ids.length === 1 ? "" : "s"}. Undo takes all of it back.`,
    );
  }

  /** Stop the run; what is found so far is kept for the same run begun again. */
  cancel(): void {
    if (this.own) this.own.abort();
    else void this.ask("models.cancel");
  }

  async accept(): Promise<void> {
    const pending = this.pending.peek();
    const without = [...this.without.peek()];
    const result = await this.ask<{ count: number }>("detect.accept", { threshold: this.threshold.peek(), without });
    if (!result || !pending) return;
    this.setPending(null);
    this.say(acceptedText(result.count, pending, this.editor));
  }

  async discard(): Promise<void> {
    if (!(await this.ask("detect.discard"))) return;
    this.setPending(null);
    this.say("Discarded: nothing was changed.");
  }

  /** Fetch what waits on a frame. */
  async look(frame: number): Promise<void> {
    const result = await this.ask<Drafts>("detect.drafts", { frame });
    if (result && frame === this.editor.frame.peek() && this.pending.peek()) this.drafts.value = result;
  }

  private setPending(pending: PendingResult | null): void {
    const before = this.pending.peek();
    if (pending === null) this.drafts.value = null;
    // The same result, asked for again, is not to be fetched again.
    if (JSON.stringify(before) === JSON.stringify(pending)) return;
    this.without.value = new Set();
    this.pending.value = pending;
    if (pending) this.threshold.value = Math.max(this.threshold.peek(), pending.threshold);
  }

  private async run<T>(method: string, request: object): Promise<T | null> {
    if (this.running.peek()) return null;
    const own = new AbortController();
    this.own = own;
    this.outcome.value = null;
    this.running.value = { label: "Starting…", value: 0, total: 0 };
    const onProgress = (value: number, total: number, label: string): void => {
      this.running.value = { value, total, label };
    };
    try {
      return (await this.editor.link.call<T>(method, request, { signal: own.signal, onProgress })).result;
    } catch (error) {
      if (own.signal.aborted) this.say("Cancelled: nothing was changed.");
      else this.fail(error);
      return null;
    } finally {
      this.own = null;
      this.running.value = null;
    }
  }

  private async ask<T>(method: string, params: object = {}): Promise<T | null> {
    try {
      return (await this.editor.link.call<T>(method, params)).result;
    } catch (error) {
      this.fail(error);
      // Another tab may have been faster.
      if (method.startsWith("detect.") && method !== "detect.drafts") void this.load();
      return null;
    }
  }

  private say(text: string): void {
    this.outcome.value = { text, bad: false, trace: null };
    this.editor.announce(text);
  }

  private fail(error: unknown): void {
    const text = messageOf(error);
    this.outcome.value = { text, bad: true, trace: error instanceof CallError ? (error.detail.trace ?? null) : null };
    this.editor.announce(text);
  }
}

function objects(count: number): string {
  return `${count} object${count === 1 ? "" : "s"}`;
}

function acceptedText(count: number, pending: PendingResult, editor: Editor): string {
  if (count === 0 && !pending.clean) return "Nothing passed the threshold: nothing was added.";
  const { start, stop } = editor.info.job;
  const beyond = pending.whole_task && stop - start + 1 < editor.frames.count;
  const undo = beyond ? "task.undo() in a cell takes all of it back." : "Undo takes all of it back.";
  return `${objects(count)} ${count === 1 ? "was" : "were"} added. ${undo}`;
}

function trackedText({ ids, lost }: TrackResult, { first, last, start }: TrackRequest): string {
  const ends = [first < start && `back to frame ${first}`, last > start && `on to frame ${last}`].filter(Boolean);
  const text = `${objects(ids.length)} ${ids.length === 1 ? "was" : "were"} followed ${ends.join(" and ")}.`;
  const gone = Object.entries(lost).map(([id, frames]) => `${id} on frame ${frames.join(" and ")}`);
  if (gone.length === 0) return text;
  return `${text} Lost: ${gone.slice(0, 5).join(", ")}${gone.length > 5 ? ", …" : ""}; there it ends with an outside keyframe.`;
}

const states = new WeakMap<Editor, ModelsState>();

export function modelsOf(editor: Editor): ModelsState {
  let state = states.get(editor);
  if (!state) {
    state = new ModelsState(editor);
    states.set(editor, state);
  }
  return state;
}
