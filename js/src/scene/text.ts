/** What is written beside an object, as the user wants it. */
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";
import { figureOf } from "../shapes/figure";
import { kindOf } from "../shapes/index";
import type { TextSettings } from "../view-settings";

const MAX_LINES = 9;
const MAX_CHARACTERS = 48;
const MAX_SUMMARY = 64;

type Look = Pick<Editor, "labelOf">;

function shortened(text: string, most: number): string {
  const flat = text.replaceAll(/\s+/g, " ");
  return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat;
}

/** "car 12 (auto 0.87)" */
function heading(state: ObjectState, name: string | undefined, settings: TextSettings): string {
  const words: string[] = [];
  if (settings.textLabel) words.push(name ?? "object");
  if (settings.textId) words.push(String(state.id));
  const origin: string[] = [];
  if (settings.textSource && state.source !== "manual") origin.push(state.source);
  if (settings.textScore && state.score < 1) origin.push(state.score.toFixed(2));
  if (origin.length > 0) words.push(`(${origin.join(" ")})`);
  return words.join(" ");
}

function linesOf(state: ObjectState, look: Look, settings: TextSettings): string[] {
  const label = look.labelOf(state.label);
  const lines = [heading(state, label?.name, settings)];
  if (settings.textDimensions && state.type !== "tag") {
    const figure = figureOf(state, label);
    lines.push(kindOf(figure.type).measure(figure));
  }
  if (settings.textAttributes) {
    for (const spec of label?.attributes ?? []) {
      const value = state.attributes[spec.id];
      if (value !== undefined && value !== "") lines.push(`${spec.name}: ${value}`);
    }
  }
  return lines.filter((line) => line !== "");
}

/** The lines beside a selected object. */
export function textOf(state: ObjectState, look: Look, settings: TextSettings): string[] {
  const lines = linesOf(state, look, settings);
  if (lines.length > MAX_LINES) lines.splice(MAX_LINES - 1, lines.length, "…");
  return lines.map((line) => shortened(line, MAX_CHARACTERS));
}

/** The same in one line, for when every object shows its text. */
export function summaryOf(state: ObjectState, look: Look, settings: TextSettings): string {
  return shortened(linesOf(state, look, settings).join(" · "), MAX_SUMMARY);
}

/** Tells two choices of what to write apart. */
export function textKey({ textId, textLabel, textAttributes, textSource, textScore, textDimensions }: TextSettings): string {
  return [textId, textLabel, textAttributes, textSource, textScore, textDimensions].join();
}
