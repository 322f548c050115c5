/** What every view knows of the review of its job; the kernel says it with the welcome and whenever it changes. */
export interface ReviewFacts {
  /** How many issues are not resolved. */
  readonly issues: number;
  readonly stage: string;
  readonly state: string;
  readonly assignee: string | null;
  /** Whether there is a guide, and whether the user has read it as it is now. */
  readonly guide: "none" | "new" | "read";
}

export const NO_REVIEW: ReviewFacts = { issues: 0, stage: "annotation", state: "new", assignee: null, guide: "none" };
