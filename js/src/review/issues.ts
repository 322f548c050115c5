/** What the kernel says of issues and conflicts, and the order in which they are gone through. */

export interface Comment {
  readonly id: number;
  readonly owner: string;
  readonly message: string;
  readonly created: string;
  readonly updated: string;
}

export interface Issue {
  readonly id: number;
  readonly frame: number;
  readonly position: readonly number[];
  readonly object: number | null;
  readonly owner: string;
  readonly assignee: string | null;
  readonly resolved: boolean;
  readonly created: string;
  readonly updated: string;
  readonly comments: readonly Comment[];
}

export interface JobFacts {
  readonly id: number;
  readonly type: string;
  readonly stage: string;
  readonly state: string;
  readonly assignee: string | null;
  readonly reviewer: string | null;
  readonly start: number;
  readonly stop: number;
}

/** The answer of `review.list`. */
export interface ReviewList {
  readonly issues: readonly Issue[];
  /** Older issues that were too many to be sent. */
  readonly left_out: number;
  /** Messages that are used often. */
  readonly quick: readonly string[];
  readonly job: JobFacts;
  readonly stages: readonly string[];
  readonly states: readonly string[];
  readonly people: readonly string[];
  readonly security: "advisory" | "enforced";
  /** Whether the job can be compared with a ground truth that this user may see. */
  readonly ground_truth: boolean;
}

export interface Verdict {
  readonly metric: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly passed: boolean;
  readonly attempts_left: number | null;
}

export interface ConflictObject {
  readonly id: number;
  readonly label: string;
  readonly type: string;
  readonly box: readonly number[] | null;
  /** Of an object of the ground truth: its outline, where it has one that is short enough. */
  readonly points?: readonly number[] | null;
  readonly rotation?: number;
}

export interface Conflict {
  readonly frame: number;
  readonly type: string;
  readonly severity: "error" | "warning";
  readonly truth: ConflictObject | null;
  readonly object: ConflictObject | null;
  readonly similarity: number | null;
}

/** The answer of `review.conflicts`. */
export interface ConflictReport {
  readonly conflicts: readonly Conflict[];
  readonly total: number;
  readonly frames: readonly number[];
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
}

export type IssueFilter = "open" | "resolved" | "all";

export function passes(issue: Issue, filter: IssueFilter): boolean {
  return filter === "all" || issue.resolved === (filter === "resolved");
}

/** Issues as they are listed: by frame, on a frame the oldest first. */
export function inOrder(issues: readonly Issue[]): readonly Issue[] {
  return [...issues].sort((a, b) => a.frame - b.frame || a.id - b.id);
}

/** The next or previous of ordered things: after the active one, or else the nearest on the frame or beyond it. */
export function stepTo<T extends { readonly frame: number }>(
  ordered: readonly T[],
  active: T | null,
  frame: number,
  direction: 1 | -1,
): T | null {
  const at = active ? ordered.indexOf(active) : -1;
  if (at >= 0) return ordered[at + direction] ?? null;
  if (direction > 0) return ordered.find((each) => each.frame >= frame) ?? null;
  return ordered.filter((each) => each.frame <= frame).at(-1) ?? null;
}

/** What a conflict is called: "Low overlap (63 %): car". */
export function conflictText({ type, truth, object, similarity }: Conflict): string {
  const name = type.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
  const share = type === "low_overlap" && similarity !== null ? ` (${Math.round(similarity * 100)} %)` : "";
  const labels = [...new Set([object?.label, truth?.label].filter((each) => each))];
  return `${name}${share}${labels.length > 0 ? `: ${labels.join(", should be ")}` : ""}`;
}

/** Where a conflict is shown: on the user's object, or where the ground truth has one. */
export function conflictPosition({ truth, object }: Conflict): readonly number[] | null {
  return object?.box ?? truth?.box ?? null;
}

/** "5 min ago", as one says it in a conversation; dates where it is long ago. */
export function ago(moment: string, now: number): string {
  const time = Date.parse(moment);
  if (Number.isNaN(time)) return "";
  const minutes = Math.floor((now - time) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}
