/** Keyframes of a track as a whole: moving one to another frame. */
import { keyframeFrames } from "../geometry/interpolation";
import { sourceAfterEdit } from "./edits";
import type { AttributeValues, Edit, FieldChange, Keyframe, TrackRecord } from "./records";
import { Refusal } from "./refusal";

/** Move a keyframe (and those of the joints there) to another frame; refused where there is one already. */
export function moveKeyframe(track: TrackRecord, from: number, to: number): Edit | Refusal {
  const moved = track.keyframes[from];
  if (!moved) return new Refusal("none", `There is no keyframe on frame ${from}.`);
  if (track.keyframes[to] || track.elements.some((element) => element.keyframes[to] && element.keyframes[from]))
    return new Refusal("taken", `There is a keyframe on frame ${to} already.`);
  const fields: Record<string, FieldChange> = {};
  moveFields(fields, "keyframes", track.keyframes, from, to);
  for (const { id, keyframes } of track.elements)
    if (keyframes[from]) moveFields(fields, `elements.${id}.keyframes`, keyframes, from, to);
  const source = sourceAfterEdit(track.source);
  if (source !== track.source) fields.source = [track.source, source];
  return { updated: { [track.id]: fields } };
}

function moveFields(
  fields: Record<string, FieldChange>,
  path: string,
  keyframes: Readonly<Record<number, Keyframe>>,
  from: number,
  to: number,
): void {
  const keyframe = keyframes[from] as Keyframe;
  fields[`${path}.${from}`] = [keyframe, null];
  fields[`${path}.${to}`] = [null, keyframe];
  const [first, second] = keyframeFrames(keyframes);
  if (first !== from || second === undefined || second > to) return;
  // The track begins with what was second now, which inherited its attributes from the one that is moved behind it.
  const next = keyframes[second] as Keyframe;
  const attributes: AttributeValues = { ...keyframe.attributes, ...next.attributes };
  fields[`${path}.${second}`] = [next, { ...next, attributes }];
}
