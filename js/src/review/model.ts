/** The review of one view: issues, conflicts, what is being opened, and what can be done about them. */
import { computed, effect, type Signal, signal, untracked } from "@preact/signals";
import type { Editor } from "../editor";
import type { Scene } from "../scene/scene";
import { figureOf } from "../shapes/figure";
import { kindOf } from "../shapes/index";
import { messageOf } from "../words";
import {
  type Conflict,
  type ConflictReport,
  conflictPosition,
  type Issue,
  type IssueFilter,
  inOrder,
  passes,
  type ReviewList,
  stepTo,
  type Verdict,
} from "./issues";
import { hundredths, surroundings } from "./places";

/** An issue that is being written. */
export interface Draft {
  readonly frame: number;
  readonly position: readonly number[];
  readonly object: number | null;
}

export class ReviewModel {
  /** What the kernel listed last; null before it was asked. */
  readonly listed: Signal<ReviewList | null> = signal(null);
  /** Set by what shows more than the pins of open issues. */
  readonly wanted = signal(false);
  readonly filter: Signal<IssueFilter> = signal("open");
  readonly onCanvas = signal(true);
  readonly active: Signal<number | null> = signal(null);
  readonly hovered: Signal<number | null> = signal(null);
  readonly draft: Signal<Draft | null> = signal(null);
  readonly conflicts: Signal<ConflictReport | null> = signal(null);
  readonly comparing = signal(false);
  readonly activeConflict: Signal<Conflict | null> = signal(null);
  /** The issues that pass the filter, in order; the active one stays until another is chosen. */
  readonly issues = computed(() => {
    const [filter, active] = [this.filter.value, this.active.value];
    return inOrder((this.listed.value?.issues ?? []).filter((issue) => issue.id === active || passes(issue, filter)));
  });
  private loading = false;
  private again = false;

  constructor(private readonly editor: Editor) {
    // The kernel says that something is different, and not what: whatever was missed before is made good by the next word.
    effect(() => {
      const { issues } = editor.review.value;
      if (issues > 0 || this.wanted.value || untracked(() => this.listed.value)) untracked(() => void this.load());
    });
  }

  private async load(): Promise<void> {
    this.again = this.loading;
    if (this.loading) return;
    this.loading = true;
    try {
      const { result } = await this.editor.link.call<ReviewList>("review.list");
      this.listed.value = result;
      if (!result.issues.some(({ id }) => id === this.active.peek())) this.active.value = null;
    } catch {
      // The connection says what is wrong with it; the next news asks again.
    } finally {
      this.loading = false;
    }
    if (this.again) await this.load();
  }

  private async change(method: string, params: object): Promise<Issue | null> {
    try {
      const { result } = await this.editor.link.call<{ issue?: Issue }>(method, params);
      const { issue } = result;
      const listed = this.listed.peek();
      if (issue && listed) {
        this.listed.value = { ...listed, issues: [...listed.issues.filter(({ id }) => id !== issue.id), issue] };
      }
      return issue ?? null;
    } catch (error) {
      this.complain(error);
      throw error;
    }
  }

  private complain(error: unknown): void {
    this.editor.toast("error", messageOf(error));
  }

  /* Opening */

  /** Begin to write an issue about a place. */
  begin(position: readonly number[], object: number | null = null): void {
    if (this.editor.info.readOnly) return;
    this.draft.value = { frame: this.editor.frame.peek(), position: position.map(hundredths), object };
  }

  /** The place of an object on the present frame: the box around it; null if it has none. */
  positionOf(id: number): readonly number[] | null {
    const state = this.editor.document.stateOf(id, this.editor.frame.peek());
    if (!state || state.type === "tag") return null;
    const { minX, minY, maxX, maxY } = kindOf(state.type).bounds(figureOf(state, this.editor.labelOf(state.label)));
    return [minX, minY, maxX, maxY];
  }

  /** Open the issue that is being written; true if that worked. */
  async open(message: string): Promise<boolean> {
    const draft = this.draft.peek();
    if (!draft || message.trim() === "") return false;
    try {
      const issue = await this.change("review.open", { ...draft, message: message.trim() });
      if (this.draft.peek() === draft) this.draft.value = null;
      if (this.filter.peek() === "resolved") this.filter.value = "open";
      this.wanted.value = true;
      this.active.value = issue?.id ?? null;
      this.editor.announce("The issue is open");
      return true;
    } catch {
      return false;
    }
  }

  /* What is done about an issue; each is true if it worked. */

  comment(issue: Issue, message: string): Promise<boolean> {
    return this.done(this.change("review.comment", { issue: issue.id, message: message.trim() }), "Answered");
  }

  editComment(issue: Issue, comment: number, message: string | null): Promise<boolean> {
    const done = message === null ? "The comment is removed" : "The comment is changed";
    return this.done(this.change("review.edit_comment", { issue: issue.id, comment, message }), done);
  }

  setResolved(issue: Issue, resolved: boolean): Promise<boolean> {
    const done = resolved ? "The issue is resolved" : "The issue is open again";
    return this.done(this.change("review.resolve", { issue: issue.id, resolved }), done);
  }

  async remove(issue: Issue): Promise<boolean> {
    const removed = await this.done(this.change("review.remove", { issue: issue.id }), "The issue is removed");
    const listed = this.listed.peek();
    if (removed && listed) {
      this.listed.value = { ...listed, issues: listed.issues.filter(({ id }) => id !== issue.id) };
      if (this.active.peek() === issue.id) this.active.value = null;
    }
    return removed;
  }

  private async done(change: Promise<unknown>, text: string): Promise<boolean> {
    try {
      await change;
      this.editor.announce(text);
      return true;
    } catch {
      return false;
    }
  }

  /* The job */

  changeJob(values: Partial<Record<"stage" | "state" | "assignee" | "reviewer", string>>): Promise<boolean> {
    return this.done(this.change("review.job", values), "The job is changed");
  }

  /** Complete the job; what comes back is how good it is, null if nobody says. */
  async finish(): Promise<Verdict | null> {
    try {
      const { result } = await this.editor.link.call<{ verdict: Verdict | null }>("review.finish");
      this.editor.announce("The job is completed");
      return result.verdict;
    } catch (error) {
      this.complain(error);
      throw error;
    }
  }

  /* Conflicts */

  async compare(): Promise<void> {
    this.comparing.value = true;
    try {
      const { result } = await this.editor.link.call<ConflictReport>("review.conflicts");
      this.conflicts.value = result;
      this.activeConflict.value = null;
    } catch (error) {
      this.complain(error);
    } finally {
      this.comparing.value = false;
    }
  }

  /* Going there */

  show(issue: Issue, scene: Scene): void {
    this.active.value = issue.id;
    this.go(issue.frame, issue.position, scene, issue.object);
  }

  showConflict(conflict: Conflict, scene: Scene): void {
    this.activeConflict.value = conflict;
    this.go(conflict.frame, conflictPosition(conflict), scene, conflict.object?.id ?? null);
  }

  step(direction: 1 | -1, scene: Scene): void {
    const issues = this.issues.peek();
    const active = issues.find(({ id }) => id === this.active.peek()) ?? null;
    const issue = stepTo(issues, active, this.editor.frame.peek(), direction);
    if (issue) this.show(issue, scene);
    else this.editor.toast("info", `There is no issue ${direction > 0 ? "after" : "before"} this one.`);
  }

  private go(frame: number, position: readonly number[] | null, scene: Scene, object: number | null): void {
    const { editor } = this;
    editor.player.pause();
    editor.player.seek(frame);
    if (object !== null && editor.document.stateOf(object, frame)) editor.selection.value = [object];
    const stop = effect(() => {
      if (editor.frame.value !== frame) queueMicrotask(() => stop());
      else if (scene.shownFrame.value === frame) {
        // The scene fits a picture of another size first.
        queueMicrotask(() => {
          stop();
          const box = position && surroundings(position, scene.pictureSize());
          if (box) scene.zoomTo(box);
        });
      }
    });
  }
}

const models = new WeakMap<Editor, ReviewModel>();

/** The review of a view, made on first use. */
export function reviewOf(editor: Editor): ReviewModel {
  let model = models.get(editor);
  if (!model) {
    model = new ReviewModel(editor);
    models.set(editor, model);
  }
  return model;
}
