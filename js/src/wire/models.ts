/** Models as the kernel lists and runs them; twin of cvat_widgets/widgets/model_methods.py. */
import type { LabelSpec, ShapeRecord, ShapeType, TagRecord } from "../document/records";
import type { JsonLogic } from "../filter/tree";

export type ModelKind = "detector" | "interactor" | "tracker" | "reid";

/** What a model calls the things it finds, and what it says of them. */
export interface ModelLabel {
  readonly name: string;
  readonly type: LabelSpec["type"];
  readonly attributes: readonly { readonly name: string }[];
}

export interface ModelSpec {
  readonly id: string;
  readonly name: string;
  readonly kind: ModelKind;
  readonly framework: string;
  readonly device: string;
  readonly help: string;
  readonly labels: readonly ModelLabel[];
  /** Trackers: what they follow. */
  readonly shape_types: readonly ShapeType[];
  readonly loaded: boolean;
  /** Why it cannot be used. */
  readonly problem: string | null;
}

/** A model that needs something before it can be used. */
export interface OtherModel {
  readonly name: string;
  readonly kind: ModelKind;
  readonly framework: string;
  readonly labels: string;
  readonly help: string;
  /** What has to be installed; empty if nothing. */
  readonly install: string;
  /** Options that name files. */
  readonly weights: readonly string[];
}

export interface RunState {
  readonly label: string;
  readonly value: number;
  readonly total: number;
}

/** What a detector found and nobody has accepted yet. */
export interface PendingResult {
  readonly label: string;
  readonly frames: readonly [first: number, last: number];
  readonly looked_at: number;
  /** How many of these frames an interrupted run had looked at. */
  readonly resumed: number;
  readonly found_on: number;
  /** Lowest score that was kept, in percent. */
  readonly threshold: number;
  readonly clean: boolean;
  readonly whole_task: boolean;
  /** For each label how many objects have a score of 0, 1, … 100 percent. */
  readonly scores: Readonly<Record<number, readonly number[]>>;
}

export interface ModelsAnswer {
  readonly models: readonly ModelSpec[];
  readonly others: readonly OtherModel[];
  readonly running: RunState | null;
  readonly pending: PendingResult | null;
}

/** What was found on one frame. */
export interface Drafts {
  readonly frame: number;
  readonly objects: readonly (ShapeRecord | TagRecord)[];
  readonly left_out: number;
  /** Nearest frames with something. */
  readonly previous: number | null;
  readonly next: number | null;
}

/** What a label of the model becomes: nothing, or a label of the task with some of its attributes. */
export type LabelRule = null | { readonly name: string; readonly attributes: Readonly<Record<string, string>> };
export type LabelRules = Readonly<Record<string, LabelRule>>;

export type Where = "frames" | "filter" | "empty" | "job" | "task";
export type FrameRange = readonly [first: number, last: number];

export interface DetectRequest {
  readonly model: string;
  readonly labels: LabelRules;
  readonly threshold: number;
  readonly where: Where;
  readonly frames?: readonly FrameRange[];
  readonly filter?: JsonLogic;
  readonly clean: boolean;
  readonly masks_to_polygons: boolean;
  readonly resume: boolean;
}

export interface TrackRequest {
  readonly model: string;
  readonly ids: readonly number[];
  readonly start: number;
  readonly first: number;
  readonly last: number;
}

export interface ReidentifyRequest {
  readonly model: string;
  readonly first: number;
  readonly last: number;
  /** Largest difference of two boxes that are the same, in percent. */
  readonly threshold: number;
  /** Largest distance of their centres, in pixels. */
  readonly max_distance: number;
}

export interface ReidentifyResult {
  readonly ids: readonly number[];
  /** How many boxes went into the tracks. */
  readonly boxes: number;
}

export interface TrackResult {
  readonly ids: readonly number[];
  /** Track id to the frames on which it was lost. */
  readonly lost: Readonly<Record<number, readonly number[]>>;
}
