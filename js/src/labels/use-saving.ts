import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { labelProblems, type Problem } from "./checks";
import type { LabelSpec } from "./spec";
import type { Refusal } from "./store";

export interface FormProps {
  readonly label: LabelSpec;
  /** Names of the other labels. */
  readonly others: readonly string[];
  readonly refused: readonly Refusal[];
  readonly busy: boolean;
  readonly onSave: (label: LabelSpec) => Promise<boolean>;
  readonly onClose: () => void;
}

interface Saving {
  /** The field of the name, which has the focus first, and again for the next label. */
  readonly name: RefObject<HTMLInputElement>;
  /** What is wrong, as soon as somebody wanted to save. */
  readonly problems: readonly Problem[];
  /** Save and go on with the next label (`again`), or close. */
  readonly save: (again: boolean) => Promise<void>;
}

/** What the form says is wrong, and what objects say: an attribute's refusal stands at its values. */
export function refusalProblems(label: LabelSpec, refused: readonly Refusal[]): Problem[] {
  return refused.map(({ attribute, text }) => {
    const index = label.attributes.findIndex(({ name }) => name === attribute);
    return { path: index < 0 ? ["type"] : ["attributes", index, "values"], text };
  });
}

/** How a form saves a label, whatever its type: `empty` says nothing was filled in, `renew` makes room for the next. */
export function useSaving(
  { label, others, refused, onSave, onClose }: FormProps,
  clean: LabelSpec,
  empty: boolean,
  renew: () => void,
): Saving {
  const [asked, setAsked] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    name.current?.focus({ preventScroll: true });
    name.current?.select();
  }, []);
  const wrong = labelProblems(clean, others);
  const save = async (again: boolean): Promise<void> => {
    // Done on an empty form is what ends adding.
    if (label.id === 0 && !again && clean.name === "" && empty) {
      onClose();
      return;
    }
    setAsked(true);
    if (wrong.length > 0 || !(await onSave(clean))) return;
    if (!again) {
      onClose();
      return;
    }
    renew();
    setAsked(false);
    name.current?.focus({ preventScroll: true });
  };
  return { name, problems: asked ? [...wrong, ...refusalProblems(clean, refused)] : [], save };
}
