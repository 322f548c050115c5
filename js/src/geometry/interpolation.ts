/** A track between its keyframes. Twin of cvat_widgets/model/interpolation.py; both pass tests/golden/interpolation.json. */
import type { AttributeValues, Keyframe, Points, ShapeType } from "../document/records";
import { type CurveMatch, interpolateCurves, matchCurves } from "./curves";

export interface TrackState extends Keyframe {
  /** Whether the track has a keyframe exactly here. */
  readonly keyframe: boolean;
}

type Keyframes = Readonly<Record<number, Keyframe>>;

const LINEAR: ReadonlySet<ShapeType> = new Set(["rectangle", "ellipse", "cuboid", "skeleton"]);
const matches = new WeakMap<Keyframe, WeakMap<Keyframe, CurveMatch>>();
const sorted = new WeakMap<Keyframes, readonly number[]>();
const inherited = new WeakMap<Keyframes, readonly AttributeValues[]>();

/** Frames of keyframes, in order. */
export function keyframeFrames(keyframes: Keyframes): readonly number[] {
  let frames = sorted.get(keyframes);
  if (!frames) {
    frames = Object.keys(keyframes)
      .map(Number)
      .sort((a, b) => a - b);
    sorted.set(keyframes, frames);
  }
  return frames;
}

/** Position of the last keyframe at or before a frame; -1 before the first. */
export function keyframeIndexAt(frames: readonly number[], frame: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle] as number) <= frame) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** How a track looks on a frame, also where it is outside; null before its first keyframe. */
export function trackStateAt(type: ShapeType, keyframes: Keyframes, frame: number): TrackState | null {
  const frames = keyframeFrames(keyframes);
  const index = keyframeIndexAt(frames, frame);
  if (index < 0) return null;
  const from = frames[index] as number;
  const left = keyframes[from] as Keyframe;
  const attributes = attributesAt(keyframes, frames, index);
  if (from === frame) return { ...left, attributes, keyframe: true };
  const to = frames[index + 1];
  const right = to === undefined ? undefined : keyframes[to];
  if (to === undefined || !right || left.outside) return { ...left, attributes, keyframe: false };
  const offset = (frame - from) / (to - from);
  return {
    ...left,
    points: pointsBetween(type, left, right, offset),
    rotation: LINEAR.has(type) ? rotationBetween(left.rotation, right.rotation, offset) : left.rotation,
    attributes,
    keyframe: false,
  };
}

/** How a track looks on a frame; null where it is not visible. */
export function interpolateTrack(type: ShapeType, keyframes: Keyframes, frame: number): TrackState | null {
  const state = trackStateAt(type, keyframes, frame);
  return state?.outside ? null : state;
}

/** Values in force from a keyframe on; made once for all keyframes, since a track may have hundreds. */
function attributesAt(keyframes: Keyframes, frames: readonly number[], index: number): AttributeValues {
  let list = inherited.get(keyframes);
  if (!list) {
    let values: AttributeValues = {};
    list = frames.map((frame) => {
      const own = (keyframes[frame] as Keyframe).attributes;
      if (Object.keys(own).length > 0) values = { ...values, ...own };
      return values;
    });
    inherited.set(keyframes, list);
  }
  return list[index] as AttributeValues;
}

/** The short way round; where both ways are equal, clockwise. */
function rotationBetween(from: number, to: number, offset: number): number {
  const modulo = (value: number): number => ((value % 360) + 360) % 360;
  let arc = modulo(to - from + 180) - 180;
  if (arc === -180) arc = 180;
  return modulo(from + arc * offset);
}

function pointsBetween(type: ShapeType, left: Keyframe, right: Keyframe, offset: number): Points {
  const equal = left.points.length === right.points.length;
  if (LINEAR.has(type) || (type === "points" && left.points.length === 2)) {
    if (!equal) return left.points;
    return left.points.map((value, index) => value + ((right.points[index] as number) - value) * offset);
  }
  if (type === "polygon" || type === "polyline") return interpolateCurves(matchOf(left, right, type === "polygon"), offset);
  return left.points;
}

function matchOf(left: Keyframe, right: Keyframe, closed: boolean): CurveMatch {
  let byRight = matches.get(left);
  if (!byRight) {
    byRight = new WeakMap();
    matches.set(left, byRight);
  }
  let match = byRight.get(right);
  if (!match || match.closed !== closed) {
    match = matchCurves(left.points, right.points, closed);
    byRight.set(right, match);
  }
  return match;
}
