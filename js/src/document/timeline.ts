/** Where a track has keyframes. */
import { keyframeFrames } from "../geometry/interpolation";
import type { TrackRecord } from "./records";

export { visibleSpans } from "./document";

export function nextKeyframe(track: TrackRecord, frame: number): number | null {
  return keyframeFrames(track.keyframes).find((each) => each > frame) ?? null;
}

export function previousKeyframe(track: TrackRecord, frame: number): number | null {
  const before = keyframeFrames(track.keyframes).filter((each) => each < frame);
  return before[before.length - 1] ?? null;
}

export function firstKeyframe(track: TrackRecord): number {
  return keyframeFrames(track.keyframes)[0] as number;
}

export function lastKeyframe(track: TrackRecord): number {
  const frames = keyframeFrames(track.keyframes);
  return frames[frames.length - 1] as number;
}
