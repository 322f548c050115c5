import { useState } from "preact/hooks";
import type { Skeleton } from "./skeleton";

const MOST = 200;

export interface SkeletonHistory {
  readonly skeleton: Skeleton;
  /** Show a skeleton in the middle of a gesture. */
  readonly show: (skeleton: Skeleton) => void;
  /** Make a skeleton the present one, as one step. */
  readonly commit: (skeleton: Skeleton) => void;
  readonly undo: (() => void) | undefined;
  readonly redo: (() => void) | undefined;
}

interface Past {
  readonly before: readonly Skeleton[];
  readonly present: Skeleton;
  readonly after: readonly Skeleton[];
}

/** A skeleton with undo and redo of its own, which end when the label is saved. */
export function useSkeleton(first: () => Skeleton): SkeletonHistory {
  const [past, setPast] = useState<Past>(() => ({ before: [], present: first(), after: [] }));
  const [shown, setShown] = useState<Skeleton | null>(null);
  const { before, present, after } = past;
  const go = (next: Past): void => {
    setShown(null);
    setPast(next);
  };
  const last = before.at(-1);
  const [next, ...later] = after;
  return {
    skeleton: shown ?? present,
    show: setShown,
    commit: (skeleton) => {
      if (skeleton === present) setShown(null);
      else go({ before: [...before, present].slice(-MOST), present: skeleton, after: [] });
    },
    undo: last && (() => go({ before: before.slice(0, -1), present: last, after: [present, ...after] })),
    redo: next && (() => go({ before: [...before, present], present: next, after: later })),
  };
}
