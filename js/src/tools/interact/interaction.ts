/**
 * A conversation with a model about one object: what was pointed at, what the model suggests, which of it is chosen. The tool on
 * the canvas and the bar over it both work on this object.
 */
import { computed, type Signal, signal } from "@preact/signals";
import type { ObjectState } from "../../document/records";
import type { Editor } from "../../editor";
import { CallError } from "../../wire/link";
import { messageOf } from "../../words";
import { continues, isEmptyPrompt, missing, type Needs, NO_PROMPT, type Prompt, promptToWire } from "./prompt";
import { OUTPUTS, type Output, type Suggestion } from "./suggestion";

export interface InteractorModel extends Needs {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly framework: string;
  readonly device: string;
  readonly help: string;
  readonly loaded: boolean;
  /** Why it cannot be used. */
  readonly problem: string | null;
}

interface Answer {
  readonly token: number;
  readonly hypotheses: readonly Suggestion[];
}

interface Asked {
  readonly prompt: Prompt;
  readonly token: number;
}

export type Work = "models" | "picture" | "answer";

const USUAL_NEEDS: Needs = { min_positive: 1, min_negative: null, box: "no" };

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** An error of the kernel with what to do about it. */
export function textOfError(error: unknown): string {
  if (error instanceof CallError) return error.detail.message;
  return messageOf(error);
}

export class Interaction {
  readonly models: Signal<readonly InteractorModel[]> = signal([]);
  readonly chosen: Signal<string> = signal("");
  readonly model = computed(() => this.models.value.find(({ id }) => id === this.chosen.value) ?? this.models.value[0] ?? null);
  readonly needs = computed<Needs>(() => this.model.value ?? USUAL_NEEDS);
  readonly prompt: Signal<Prompt> = signal(NO_PROMPT);
  readonly suggestions: Signal<readonly Suggestion[]> = signal([]);
  readonly index = signal(0);
  readonly suggestion = computed<Suggestion | null>(() => this.suggestions.value[this.index.value] ?? null);
  /** What the kernel is asked for at present. */
  readonly work: Signal<Work | null> = signal(null);
  readonly error: Signal<string | null> = signal(null);
  /** Whether requests wait: the button in the bar, or Ctrl while it is held. */
  readonly blocked = signal(false);
  readonly held = signal(false);
  /** Whether a request waits for that. */
  readonly waiting = signal(false);
  /** The object that is refined; null: a new one is drawn. */
  readonly target: Signal<ObjectState | null> = signal(null);
  readonly wanted: Signal<Output> = signal("mask");
  /** What the result becomes: as wished for, unless the label or the object allows one type only. */
  readonly output = computed<Output>(() => {
    const type = this.target.value?.type ?? this.editor.labelOf(this.editor.activeLabel.value)?.type;
    return OUTPUTS.find((output) => output === type) ?? this.wanted.value;
  });
  readonly missing = computed(() =>
    this.model.value ? missing(this.prompt.value, this.needs.value, this.target.value !== null) : null,
  );

  private calls: AbortController | null = null;
  private encoding: AbortController | null = null;
  /** What the suggestions are the answer to. */
  private asked: Asked | null = null;
  private acceptWhenDone: (() => void) | null = null;
  private prepared = "";
  private stop: (() => void) | null = null;

  constructor(private readonly editor: Editor) {}

  /** The tool was taken up. */
  begin(target: ObjectState | null): void {
    this.target.value = target;
    this.clear();
    this.prepared = "";
    this.stop ??= this.editor.link.on("models", () => void this.fetchModels());
    void this.fetchModels().then(() => {
      void this.prepare();
      // What was clicked before the models were known.
      if (!isEmptyPrompt(this.prompt.peek()) && !this.asked && !this.calls) this.ask();
    });
  }

  /** The tool was left. */
  end(): void {
    this.clear();
    this.encoding?.abort();
    this.target.value = null;
    this.blocked.value = false;
    this.held.value = false;
    this.stop?.();
    this.stop = null;
  }

  /** Forget what was pointed at, and what came of it. */
  clear(): void {
    this.calls?.abort();
    this.calls = null;
    this.acceptWhenDone = null;
    this.asked = null;
    this.prompt.value = NO_PROMPT;
    this.suggestions.value = [];
    this.index.value = 0;
    this.error.value = null;
    this.waiting.value = false;
    if (this.work.value === "answer") this.work.value = null;
  }

  choose(id: string): void {
    if (this.model.peek()?.id === id) return;
    this.chosen.value = id;
    this.asked = null;
    this.suggestions.value = [];
    void this.prepare();
    this.ask();
  }

  /** Another of the suggestions, in a circle. */
  step(by: 1 | -1): void {
    const { length } = this.suggestions.peek();
    if (length < 2) return;
    this.index.value = (this.index.peek() + by + length) % length;
    this.editor.announce(`Suggestion ${this.index.peek() + 1} of ${length}`);
  }

  /** Something was pointed at, or taken back. */
  change(prompt: Prompt): void {
    if (prompt === this.prompt.peek()) return;
    this.prompt.value = prompt;
    this.ask();
  }

  /** Ctrl went down or up. */
  hold(held: boolean): void {
    if (held === this.held.peek()) return;
    this.held.value = held;
    this.release();
  }

  setBlocked(blocked: boolean): void {
    this.blocked.value = blocked;
    this.release();
  }

  /** Run `accept` with the suggestion for all that was pointed at, now or when it has come. False: there is nothing to wait for. */
  whenAnswered(accept: () => void): boolean {
    if (this.waiting.peek()) {
      this.waiting.value = false;
      this.request();
    }
    if (this.calls) this.acceptWhenDone = accept;
    else if (this.suggestion.peek()) accept();
    else return false;
    return true;
  }

  /** Encode the present frame, so that the first click is answered like every other. */
  async prepare(): Promise<void> {
    const model = this.model.peek();
    if (!model) return;
    const params = { model: model.id, frame: this.editor.frame.peek() };
    const key = `${params.frame} ${model.id}`;
    if (key === this.prepared) return;
    this.prepared = key;
    this.encoding?.abort();
    const encoding = new AbortController();
    this.encoding = encoding;
    if (this.work.peek() !== "answer") this.work.value = "picture";
    try {
      const { result } = await this.editor.link.call<Needs & { device: string }>("interact.encode", params, encoding);
      // A model that was not loaded yet did not say what it needs.
      const { min_positive, min_negative, box, device } = result;
      const known = { min_positive, min_negative, box, device, loaded: true };
      this.models.value = this.models.peek().map((each) => (each.id === model.id ? { ...each, ...known } : each));
    } catch (error) {
      if (isAbort(error)) return;
      this.prepared = "";
      this.error.value = textOfError(error);
    } finally {
      if (this.encoding === encoding) {
        this.encoding = null;
        if (this.work.peek() === "picture") this.work.value = null;
      }
    }
  }

  private async fetchModels(): Promise<void> {
    if (this.models.peek().length === 0) this.work.value = "models";
    try {
      const { result } = await this.editor.link.call<{ models: readonly InteractorModel[] }>("models");
      const chosen = this.model.peek()?.id;
      this.models.value = result.models.filter(({ kind }) => kind === "interactor");
      if (chosen !== undefined) this.chosen.value = chosen;
    } catch (error) {
      this.error.value = textOfError(error);
    } finally {
      if (this.work.peek() === "models") this.work.value = null;
    }
  }

  private release(): void {
    if (this.blocked.peek() || this.held.peek() || !this.waiting.peek()) return;
    this.waiting.value = false;
    this.request();
  }

  private ask(): void {
    this.error.value = null;
    if (isEmptyPrompt(this.prompt.peek()) || this.missing.peek() !== null) {
      this.calls?.abort();
      this.calls = null;
      this.acceptWhenDone = null;
      this.asked = null;
      this.suggestions.value = [];
      this.waiting.value = false;
      if (this.work.peek() === "answer") this.work.value = null;
    } else if (this.blocked.peek() || this.held.peek()) this.waiting.value = true;
    else this.request();
  }

  /** Only the last prompt counts: what is on the way is given up. */
  private request(): void {
    const [model, prompt, target, before] = [this.model.peek(), this.prompt.peek(), this.target.peek(), this.asked];
    if (!model) return;
    this.calls?.abort();
    const call = new AbortController();
    this.calls = call;
    this.work.value = "answer";
    const params = {
      model: model.id,
      frame: this.editor.frame.peek(),
      ...promptToWire(prompt),
      shape: target ? { type: target.type, points: target.points } : null,
      previous: before && continues(prompt, before.prompt) ? { token: before.token, index: this.index.peek() } : null,
    };
    this.editor.link.call<Answer>("interact", params, call).then(
      ({ result }) => this.calls === call && this.answered(prompt, result),
      (error: unknown) => this.calls === call && this.failed(error),
    );
  }

  private answered(prompt: Prompt, { token, hypotheses }: Answer): void {
    this.done();
    this.asked = { prompt, token };
    this.suggestions.value = hypotheses;
    this.index.value = 0;
    const accept = this.acceptWhenDone;
    this.acceptWhenDone = null;
    if (hypotheses.length === 0) this.error.value = "The model found nothing there. Add a point, or try another model.";
    else if (accept) accept();
    else this.editor.announce(hypotheses.length === 1 ? "A suggestion" : `${hypotheses.length} suggestions`);
  }

  private failed(error: unknown): void {
    this.done();
    this.acceptWhenDone = null;
    if (!isAbort(error)) this.error.value = textOfError(error);
  }

  private done(): void {
    this.calls = null;
    this.work.value = this.encoding ? "picture" : null;
  }
}

const interactions = new WeakMap<Editor, Interaction>();

/** The one of an annotator. */
export function interactionOf(editor: Editor): Interaction {
  let interaction = interactions.get(editor);
  if (!interaction) {
    interaction = new Interaction(editor);
    interactions.set(editor, interaction);
  }
  return interaction;
}
