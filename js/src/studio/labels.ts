/** Labels in the constructor and as raw JSON: one list, two ways to write it. */

import { messageOf } from "../words";
import type { RawLabel } from "./api";

/** Colours for new labels, told apart at a glance. */
const COLORS = ["#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#c71585", "#808000", "#1e90ff", "#a0522d"];

export function newLabel(labels: readonly RawLabel[], name: string): RawLabel {
  const used = new Set(labels.map(({ color }) => color));
  const color = COLORS.find((each) => !used.has(each)) ?? (COLORS[labels.length % COLORS.length] as string);
  return { name, color, type: "any", attributes: [] };
}

/** What is wrong with a list of labels, as far as can be told here; the kernel has the last word. */
export function problemWith(labels: readonly RawLabel[]): string | null {
  const names = labels.map(({ name }) => name.trim());
  if (names.includes("")) return "A label has no name.";
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `There are two labels called "${twice}".`;
}

/** Reads raw JSON: a list of names or of objects with a name. Throws an Error a person can read. */
export function parseLabels(text: string): readonly RawLabel[] {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${messageOf(error)}`);
  }
  if (!Array.isArray(raw)) throw new Error('Labels are a list, such as [{"name": "car"}].');
  return raw.map((each: unknown, index) => {
    if (typeof each === "string") return { name: each };
    const name = typeof each === "object" && each !== null ? (each as { name?: unknown }).name : undefined;
    if (typeof name !== "string") throw new Error(`Label ${index + 1} has no name.`);
    return each as RawLabel;
  });
}

export function labelsText(labels: readonly RawLabel[]): string {
  return labels.length === 0 ? "[]" : `[\n${labels.map((each) => `  ${JSON.stringify(each)}`).join(",\n")}\n]`;
}
