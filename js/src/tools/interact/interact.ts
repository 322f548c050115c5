/** AI tools: clicks on the object and beside it, or a box around it; a model in the kernel answers with the shape. */
import type { Figure, Point } from "../../shapes/kind";
import { type KeyInput, movedFar, type ToolEvent } from "../state";
import { drawPrompt, drawSuggestion, MARK_RADIUS } from "./marks";
import { isEmptyPrompt, pointNear, withBox, withMovedPoint, withoutLast, withoutPoint, withPoint } from "./prompt";
import { Suggesting } from "./suggesting";
import { figureOf, type Output, type Suggestion } from "./suggestion";

interface Press {
  readonly event: ToolEvent;
  /** Index of the point that was pressed; -1: none. */
  readonly point: number;
  moved: boolean;
}

export class Interact extends Suggesting {
  override readonly name = "interact";
  private press: Press | null = null;
  /** The first corner of a box that is drawn by two clicks. */
  private corner: Point | null = null;
  private shown: { readonly of: Suggestion; readonly output: Output; readonly detail: number; readonly figure: Figure } | null =
    null;

  override get path(): string {
    const step = this.press?.moved ? "dragging" : isEmptyPrompt(this.interaction.prompt.peek()) ? "idle" : "prompting";
    return `interact.${step}`;
  }

  override pointerDown(event: ToolEvent): void {
    this.cursor = this.inside(event.point);
    this.interaction.hold(event.ctrl);
    this.press = { event, point: this.pointAt(this.cursor), moved: false };
    this.show();
  }

  override pointerMove(event: ToolEvent): void {
    const { press } = this;
    if (press && !press.moved && movedFar(press.event.screen, event.screen)) press.moved = true;
    super.pointerMove(event);
    this.context.stage.setCursor(!press && this.pointAt(this.inside(event.point)) >= 0 ? "pointer" : "crosshair");
  }

  override pointerUp(event: ToolEvent): void {
    const { press, interaction } = this;
    this.press = null;
    if (!press || !this.context.stage.upToDate) return;
    const at = this.inside(event.point);
    this.cursor = at;
    const prompt = interaction.prompt.peek();
    if (press.point >= 0)
      interaction.change(press.moved ? withMovedPoint(prompt, press.point, at) : withoutPoint(prompt, press.point));
    else if (press.moved && this.takesBox) interaction.change(withBox(prompt, this.inside(press.event.point), at));
    else this.click(at, !press.event.alt);
    this.show();
  }

  override pointerLeave(): void {
    this.press = null;
    super.pointerLeave();
  }

  /** The right button points beside the object; a second finger takes back what the first one began. */
  override secondary(): boolean {
    if (this.press) this.press = null;
    else if (this.cursor) {
      const near = this.pointAt(this.cursor);
      if (near >= 0) this.interaction.change(withoutPoint(this.interaction.prompt.peek(), near));
      else this.click(this.cursor, false);
    }
    this.show();
    return true;
  }

  override key(event: KeyInput): boolean {
    if (event.key === "[" || event.key === "]") {
      this.interaction.step(event.key === "]" ? 1 : -1);
      return true;
    }
    if (event.key === " " && this.cursor && !event.ctrlKey && !event.metaKey) {
      this.click(this.cursor, !event.shiftKey);
      this.show();
      return true;
    }
    return super.key(event);
  }

  /** Forgets the points; without any, leaves. */
  override cancel(): boolean {
    if (isEmptyPrompt(this.interaction.prompt.peek()) && !this.corner) return super.cancel();
    this.clear();
    return true;
  }

  override complete(): boolean {
    const { interaction } = this;
    if (interaction.whenAnswered(() => this.take())) return true;
    if (isEmptyPrompt(interaction.prompt.peek())) return super.cancel();
    this.context.editor.toast("info", interaction.missing.peek() ?? interaction.error.peek() ?? "There is no suggestion yet.");
    return true;
  }

  override frameChanged(): void {
    const { editor } = this.context;
    if (this.interaction.target.peek()) {
      editor.tool.value = "select";
      return;
    }
    this.clear();
    void this.interaction.prepare();
  }

  protected override clear(): void {
    this.press = null;
    this.corner = null;
    this.interaction.clear();
    this.show();
  }

  protected override removeLast(): boolean {
    if (this.corner) this.corner = null;
    else if (isEmptyPrompt(this.interaction.prompt.peek())) return false;
    else this.interaction.change(withoutLast(this.interaction.prompt.peek()));
    this.show();
    return true;
  }

  protected override follow(): void {
    const { suggestion, output, prompt, target } = this.interaction;
    for (const each of [suggestion, output, prompt, target]) each.value;
  }

  protected override show(): void {
    const { cursor, press, interaction, color } = this;
    const { editor, stage } = this.context;
    const figure = this.suggested();
    const opacity = Math.max(0.25, editor.settings.peek().selectedOpacity / 100);
    const prompt = interaction.prompt.peek();
    const dragged = press?.moved && cursor ? press : null;
    const shownPrompt = dragged && dragged.point >= 0 && cursor ? withMovedPoint(prompt, dragged.point, cursor) : prompt;
    const from = this.corner ?? (dragged && dragged.point < 0 && this.takesBox ? this.inside(dragged.event.point) : null);
    const hovered = cursor ? this.pointAt(cursor) : -1;
    stage.setPreview({
      ...this.standIns,
      crosshair: cursor,
      band: from && cursor ? [...from, ...cursor] : null,
      paint: (context, unit) => {
        if (figure) drawSuggestion(context, figure, color, opacity, unit);
        drawPrompt(context, shownPrompt, hovered, unit);
      },
    });
  }

  private get takesBox(): boolean {
    return this.interaction.needs.peek().box !== "no";
  }

  /** The suggestion as the shape that it would become; what is refined, as long as there is none. */
  private suggested(): Figure | null {
    const { suggestion, output, target } = this.interaction;
    const detail = this.context.editor.settings.peek().polygonDetail;
    const of = suggestion.peek();
    if (!of) {
      const state = target.peek();
      return state ? (this.context.stage.figureOf(state.id) ?? null) : null;
    }
    const { shown } = this;
    if (shown?.of === of && shown.output === output.peek() && shown.detail === detail) return shown.figure;
    const figure = figureOf(of, output.peek(), detail);
    this.shown = { of, output: output.peek(), detail, figure };
    return figure;
  }

  private take(): void {
    const { suggestion, model } = this.interaction;
    const [figure, of] = [this.suggested(), suggestion.peek()];
    if (figure && of) this.accept(figure, of.score, model.peek()?.name ?? "a model");
  }

  private pointAt(at: Point): number {
    return pointNear(this.interaction.prompt.peek(), at, (MARK_RADIUS + 2) / this.context.stage.viewport.scale.peek());
  }

  private click(at: Point, positive: boolean): void {
    const { interaction } = this;
    const prompt = interaction.prompt.peek();
    const { box, min_negative, min_positive } = interaction.needs.peek();
    if (box === "required" && !prompt.box) {
      if (this.corner) interaction.change(withBox(prompt, this.corner, at));
      this.corner = this.corner ? null : at;
    } else if (!positive && min_negative === null) {
      this.context.editor.announce("This model takes no points beside the object");
      interaction.error.value = "This model takes no points beside the object.";
    } else if (positive && min_positive === 0 && box === "required" && min_negative === null) return;
    else interaction.change(withPoint(prompt, { at, positive }));
  }
}
