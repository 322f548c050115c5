/** Tag annotation: labels for whole frames, by digit. */
import { tagFrame } from "../actions/objects";
import type { LabelSpec } from "../document/records";
import type { Editor } from "../editor";

export type TagDigits = Readonly<Record<string, readonly string[]>>;

/** Labels that a frame can have. */
export function tagLabels(labels: readonly LabelSpec[]): readonly LabelSpec[] {
  return labels.filter((label) => label.type === "any" || label.type === "tag");
}

/** Which label each digit adds: what the user chose, and for the rest the labels in their order, 1 first and 0 last. */
export function digitsOf(labels: readonly LabelSpec[], chosen: TagDigits): ReadonlyMap<number, LabelSpec> {
  const digits = new Map<number, LabelSpec>();
  for (const [digit, [name]] of Object.entries(chosen)) {
    const label = labels.find((each) => each.name === name);
    if (label) digits.set(Number(digit), label);
  }
  const taken = new Set(digits.values());
  labels.slice(0, 10).forEach((label, index) => {
    const digit = (index + 1) % 10;
    if (!digits.has(digit) && !taken.has(label)) digits.set(digit, label);
  });
  return digits;
}

export function digitOf(digits: ReadonlyMap<number, LabelSpec>, label: LabelSpec): number | null {
  for (const [digit, each] of digits) if (each === label) return digit;
  return null;
}

/** The choice after a label was given a digit; the two labels exchange theirs. */
export function reassign(labels: readonly LabelSpec[], chosen: TagDigits, label: LabelSpec, digit: number): TagDigits {
  const digits = new Map(digitsOf(labels, chosen));
  const before = digitOf(digits, label);
  const other = digits.get(digit);
  digits.set(digit, label);
  if (before !== null && before !== digit) {
    if (other) digits.set(before, other);
    else digits.delete(before);
  }
  return Object.fromEntries([...digits].map(([each, { name }]) => [String(each), [name]]));
}

export function chosenTag(editor: Editor): LabelSpec | undefined {
  const labels = tagLabels(editor.labels.value);
  return labels.find((label) => label.id === editor.workspaces.tag.value) ?? labels[0];
}

/** Tag the frame, and go on if the user wants that. */
export function addTagOf(editor: Editor, label: LabelSpec | undefined): void {
  if (!label) return;
  editor.workspaces.tag.value = label.id;
  tagFrame(editor, label);
  if (editor.settings.peek().tagThenNext) editor.player.step(1);
}
