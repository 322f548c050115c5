/** What the editor shows and does: labels as the kernel has them, and one change after another, each of which can be taken back. */
import { signal } from "@preact/signals";
import type { Link } from "../wire/link";
import { messageOf } from "../words";
import { labelsOf } from "./raw-labels";
import type { LabelSpec } from "./spec";
import { plain } from "./spec";

export type Caller = Pick<Link, "call">;

export interface EditorState {
  readonly kind: "task" | "project" | "list";
  readonly name: string;
  readonly labels: readonly LabelSpec[];
  /** Objects by id of their label. */
  readonly counts: Readonly<Record<string, number>>;
  readonly base: string;
  /** What undo would take back. */
  readonly undo: string | null;
  /** How many frames can lie under a skeleton. */
  readonly frames: number;
  readonly read_only: boolean;
}

export interface Refusal {
  readonly label: string;
  readonly attribute: string | null;
  readonly text: string;
}

/** A question that must be answered before anything else. */
export interface Question {
  readonly losses: readonly string[];
  readonly answer: (yes: boolean) => void;
}

/** A model whose labels can be taken. */
export interface OfferedDetector {
  readonly id: string;
  readonly name: string;
  readonly framework: string;
  /** Why it cannot be used. */
  readonly problem: string | null;
}

interface ChangeAnswer {
  readonly state?: EditorState;
  readonly losses?: readonly string[];
  readonly refused?: readonly Refusal[];
}

export class LabelStore {
  readonly state = signal<EditorState | null>(null);
  readonly busy = signal(false);
  /** What went wrong last. */
  readonly error = signal<string | null>(null);
  /** Why objects do not allow the last change. */
  readonly refused = signal<readonly Refusal[]>([]);
  readonly question = signal<Question | null>(null);
  /** What is read to people who do not see the screen. */
  readonly said = signal("");

  constructor(private readonly caller: Caller) {}

  async load(): Promise<void> {
    try {
      const { result } = await this.caller.call<EditorState>("labels.read");
      this.state.value = result;
    } catch (error) {
      this.error.value = messageOf(error);
    }
  }

  /** Make these the labels; says whether they are now. */
  async change(labels: readonly LabelSpec[]): Promise<boolean> {
    return this.during(async () => {
      let answer = await this.ask(labels, false);
      if (answer.losses) {
        const losses = answer.losses;
        const yes = await new Promise<boolean>((resolve) => {
          this.question.value = { losses, answer: resolve };
        });
        this.question.value = null;
        if (!yes) return false;
        answer = await this.ask(labels, true);
      }
      this.refused.value = answer.refused ?? [];
      if (!answer.state) return false;
      this.state.value = answer.state;
      this.said.value = `${answer.state.undo ?? "Labels"}: saved`;
      return true;
    });
  }

  async undo(): Promise<boolean> {
    return this.during(async () => {
      const { result } = await this.caller.call<ChangeAnswer>("labels.undo");
      if (result.state) this.state.value = result.state;
      this.said.value = "Undone";
      return true;
    });
  }

  /** The picture of a frame, as a file. */
  async frame(number: number): Promise<Blob> {
    const { result, buffers } = await this.caller.call<{ mime: string }>("labels.frame", { frame: number });
    return new Blob([buffers[0] as Uint8Array<ArrayBuffer>], { type: result.mime });
  }

  async detectors(): Promise<readonly OfferedDetector[]> {
    return (await this.caller.call<{ models: readonly OfferedDetector[] }>("labels.models")).result.models;
  }

  /** What a detector finds; it is loaded if it was not. */
  async labelsOf(model: string): Promise<readonly LabelSpec[]> {
    const { result } = await this.caller.call<{ labels: unknown }>("labels.of_model", { model });
    return labelsOf(result.labels).labels;
  }

  clear(): void {
    this.error.value = null;
    this.refused.value = [];
  }

  private async ask(labels: readonly LabelSpec[], confirmed: boolean): Promise<ChangeAnswer> {
    const base = this.state.peek()?.base;
    const { result } = await this.caller.call<ChangeAnswer>("labels.change", { labels: labels.map(plain), base, confirmed });
    return result;
  }

  private async during(work: () => Promise<boolean>): Promise<boolean> {
    if (this.busy.peek()) return false;
    this.busy.value = true;
    this.clear();
    try {
      return await work();
    } catch (error) {
      this.error.value = messageOf(error);
      // Somebody else may have changed the labels: show what there is.
      await this.load();
      return false;
    } finally {
      this.busy.value = false;
    }
  }
}
