/**
 * One annotation as an object. Twin of cvat_widgets/model/records.py, in its JSON form.
 *
 * Coordinates are pixels of the unrotated picture, x to the right, y down; rotation is in degrees, clockwise on screen.
 * Records are never changed in place: every edit makes a new one.
 */

export const SHAPE_TYPES = [
  "rectangle",
  "polygon",
  "polyline",
  "points",
  "ellipse",
  "cuboid",
  "mask",
  "skeleton",
  "tag",
] as const;
export const SOURCES = ["manual", "semi-auto", "auto", "file", "consensus"] as const;

export type ShapeType = (typeof SHAPE_TYPES)[number];
export type Source = (typeof SOURCES)[number];
export type Points = readonly number[];
/** Attribute id to text. */
export type AttributeValues = Readonly<Record<number, string>>;

export interface Keyframe {
  readonly points: Points;
  readonly rotation: number;
  readonly occluded: boolean;
  readonly outside: boolean;
  readonly z_order: number;
  /** Mutable attributes set here; a missing one is inherited from the keyframe before. */
  readonly attributes: AttributeValues;
}

export interface Element {
  readonly id: number;
  readonly label: number;
  readonly type: ShapeType;
  readonly points: Points;
  readonly rotation: number;
  readonly occluded: boolean;
  readonly outside: boolean;
  readonly attributes: AttributeValues;
}

export interface TrackElement {
  readonly id: number;
  readonly label: number;
  readonly type: ShapeType;
  readonly attributes: AttributeValues;
  readonly keyframes: Readonly<Record<number, Keyframe>>;
}

interface Common {
  readonly id: number;
  readonly label: number;
  readonly group: number;
  readonly source: Source;
  readonly score: number;
  readonly attributes: AttributeValues;
}

export interface ShapeRecord extends Common {
  readonly kind: "shape";
  readonly frame: number;
  readonly type: ShapeType;
  readonly points: Points;
  readonly rotation: number;
  readonly occluded: boolean;
  readonly outside: boolean;
  readonly z_order: number;
  readonly elements: readonly Element[];
}

export interface TagRecord extends Common {
  readonly kind: "tag";
  readonly frame: number;
}

export interface TrackRecord extends Common {
  readonly kind: "track";
  readonly type: ShapeType;
  readonly keyframes: Readonly<Record<number, Keyframe>>;
  readonly elements: readonly TrackElement[];
}

export type AnnotationRecord = ShapeRecord | TagRecord | TrackRecord;

/** `[from, to]` in plain JSON values. */
export type FieldChange = readonly [from: unknown, to: unknown];

/** What somebody wants to change; see cvat_widgets/model/changes.py for the paths. */
export interface Edit {
  readonly added?: readonly AnnotationRecord[];
  readonly updated?: Readonly<Record<number, Readonly<Record<string, FieldChange>>>>;
  readonly removed?: readonly number[];
}

/** How an object looks on one frame: what is drawn, listed and edited. Tags have type "tag" and no points. */
export interface ObjectState {
  readonly id: number;
  readonly kind: "shape" | "tag" | "track";
  readonly type: ShapeType;
  readonly frame: number;
  readonly label: number;
  readonly points: Points;
  readonly rotation: number;
  readonly occluded: boolean;
  readonly outside: boolean;
  /** True for shapes and tags, and for tracks exactly at a keyframe. */
  readonly keyframe: boolean;
  readonly z_order: number;
  readonly group: number;
  readonly source: Source;
  readonly score: number;
  /** Immutable and (inherited) mutable values together. */
  readonly attributes: AttributeValues;
  readonly elements: readonly Element[];
}

export interface AttributeSpec {
  readonly id: number;
  readonly name: string;
  readonly input_type: "select" | "radio" | "checkbox" | "text" | "number";
  readonly values: readonly string[];
  readonly default_value: string;
  readonly mutable: boolean;
}

export interface LabelSpec {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly type: ShapeType | "any";
  readonly attributes: readonly AttributeSpec[];
  readonly sublabels: readonly LabelSpec[];
  readonly svg: string;
}
