/** What tools may ask of the scene, and what they may show on it. */
import type { ObjectState, ShapeType } from "../document/records";
import type { Box, Figure, Handle, Point } from "../shapes/kind";
import type { BitmapPreview } from "./bitmap-layer";
import type { Context } from "./painter";
import type { Viewport } from "./viewport";

/** A shape that is being drawn. */
export interface Draft {
  readonly type: ShapeType;
  readonly color: string;
  /** Points set so far and, last, the one under the cursor. */
  readonly points: readonly number[];
  /** How many of the points are set. */
  readonly fixed: number;
  /** The whole shape as it would become, where points alone do not show it. */
  readonly figure?: Figure | undefined;
}

/** What the interaction layer shows besides the selection. */
export interface Preview {
  /** How objects would look at the end of the gesture. */
  readonly figures?: ReadonlyMap<number, Figure>;
  readonly draft?: Draft | null;
  /** A mask that is being drawn. */
  readonly bitmap?: BitmapPreview;
  /** Whatever else a tool draws, in pixels of the picture; `unit` is a CSS pixel. */
  readonly paint?: (context: Context, unit: number) => void;
  /** A rubber band: x0, y0, x1, y1. */
  readonly band?: readonly [number, number, number, number] | null;
  /** Lines through the cursor, for drawing. */
  readonly crosshair?: Point | null;
  /** A short text beside the cursor, such as a size. */
  readonly readout?: { readonly at: Point; readonly text: string } | null;
  readonly handle?: Handle | null;
}

export interface Stage {
  readonly viewport: Viewport;
  /** Width and height of the frame's picture. */
  pictureSize(): readonly [width: number, height: number];
  /** Whether what is shown is the present frame; false while its picture is on the way. */
  readonly upToDate: boolean;
  /** Ids under a point of the picture, topmost first; locked and hidden objects are left out. */
  pickAt(point: Point): readonly number[];
  /** Ids of the objects that lie wholly inside a box. */
  pickIn(box: Box): readonly number[];
  /** Figures within `reach` pixels of a point of the picture, locked ones included, bottom first. */
  figuresNear(point: Point, reach: number): readonly Figure[];
  stateOf(id: number): ObjectState | undefined;
  figureOf(id: number): Figure | undefined;
  /** The handle of the selected object under a point of the picture. */
  handleAt(point: Point): { readonly id: number; readonly handle: Handle } | null;
  setPreview(preview: Preview | null): void;
  setCursor(cursor: string): void;
  fit(): void;
}
