/** What the kernel says to the task browser; twin of cvat_widgets/widgets/studio_requests.py and studio_methods.py. */
import type { JsonLogic } from "../filter/tree";

export type Kind = "projects" | "tasks" | "jobs";

export interface Hello {
  readonly protocol: number;
  readonly user: string;
  readonly store: string;
  readonly security: "enforced" | "advisory";
  readonly folder: string;
  readonly stages: readonly string[];
  readonly states: readonly string[];
  readonly label_types: readonly string[];
  /** Whether files of one's own computer can be kept with the store. */
  readonly uploads: boolean;
}

export interface ListRequest {
  readonly kind: Kind;
  readonly search: string;
  readonly filter: JsonLogic | null;
  readonly sort: string;
  readonly offset: number;
  readonly limit: number;
  readonly project?: number | null;
}

export interface LabelChip {
  readonly name: string;
  readonly color: string;
}

/** How far the jobs of annotation are. */
export interface Counts {
  readonly jobs: number;
  /** Completed in their stage. */
  readonly completed: number;
  readonly accepted: number;
  readonly validation: number;
  readonly in_progress: number;
  readonly status: string;
}

interface Listed {
  readonly id: number;
  readonly bug_tracker: string;
  readonly created: string;
  readonly updated: string;
}

export interface TaskRow extends Listed, Counts {
  readonly name: string;
  readonly mode: string;
  readonly size: number;
  readonly subset: string;
  readonly project_id: number | null;
  readonly project: string | null;
  readonly owner: string | null;
  readonly assignee: string | null;
  readonly dimension: string;
  readonly kind: string;
  readonly labels: readonly LabelChip[];
  readonly label_count: number;
}

export interface JobRow extends Listed {
  readonly task: string;
  readonly task_id: number;
  readonly project: string | null;
  readonly project_id: number | null;
  readonly type: string;
  readonly stage: string;
  readonly state: string;
  readonly assignee: string | null;
  readonly reviewer: string | null;
  readonly start: number;
  readonly stop: number;
  readonly frames: number;
  readonly dimension: string;
  readonly mode: string;
}

export interface ProjectRow extends Listed, Counts {
  readonly name: string;
  readonly owner: string | null;
  readonly assignee: string | null;
  readonly labels: readonly RawLabel[];
  readonly subsets: readonly string[];
  readonly tasks: number;
  readonly frames: number;
  readonly first_task: number | null;
}

/** A label as CVAT's raw mode has it; what the constructor does not show is kept. */
export interface RawLabel {
  readonly id?: number;
  readonly name: string;
  readonly color?: string;
  readonly type?: string;
  readonly attributes?: readonly unknown[];
  readonly [more: string]: unknown;
}

export interface GuideDetails {
  /** The guide as Markdown. */
  readonly guide: string;
  /** The guide as a tree, for `MarkdownTree`. */
  readonly guide_blocks: unknown;
}

export interface TaskDetails extends Omit<TaskRow, "labels">, GuideDetails {
  readonly labels: readonly RawLabel[];
  readonly overlap: number;
  readonly fps: number | null;
  readonly source: string;
  readonly project_tracker: string;
  readonly jobs_list: readonly JobRow[];
  readonly jobs_total: number;
  readonly people: readonly string[];
  readonly projects: readonly { readonly id: number; readonly name: string; readonly labels: readonly string[] }[];
}

export interface ProjectDetails extends ProjectRow, GuideDetails {
  readonly people: readonly string[];
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

export type Errors = Readonly<Record<string, string>>;

export interface MediaFacts {
  readonly errors: Errors;
  readonly frames: number;
  readonly kind: string;
  readonly fps: number | null;
  readonly width: number;
  readonly height: number;
  readonly same_size: boolean;
  readonly first: string;
  readonly last: string;
  readonly notes: readonly string[];
  readonly mime: string;
}

export interface Made {
  readonly errors: Errors;
  readonly id?: number;
}

export interface Exported {
  readonly errors: Errors;
  readonly path?: string;
  readonly size?: number;
  /** There is a file of this name. */
  readonly exists?: boolean;
  /** What the format cannot hold. */
  readonly losses?: string;
}

export interface Imported {
  readonly errors: Errors;
  readonly objects?: number;
  /** Those a project got, by id. */
  readonly tasks?: readonly number[];
  readonly frames?: number;
  /** Sentences on what was left out. */
  readonly told?: readonly string[];
}
