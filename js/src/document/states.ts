/** How records look on a frame. */
import { trackStateAt } from "../geometry/interpolation";
import type { AnnotationRecord, AttributeValues, Element, ObjectState, TrackRecord } from "./records";

const NO_VALUES: AttributeValues = {};

/** An object on a frame, also where it is outside; null where it does not exist. */
export function stateOn(record: AnnotationRecord, frame: number): ObjectState | null {
  if (record.kind === "track") return trackState(record, frame);
  if (record.frame !== frame) return null;
  if (record.kind === "shape") return { ...record, keyframe: true };
  return {
    ...record,
    type: "tag",
    points: [],
    rotation: 0,
    occluded: false,
    outside: false,
    keyframe: true,
    z_order: 0,
    elements: [],
  };
}

function trackState(track: TrackRecord, frame: number): ObjectState | null {
  const state = trackStateAt(track.type, track.keyframes, frame);
  if (!state) return null;
  const elements = track.elements.length > 0 ? elementsOn(track, frame) : [];
  const outside = state.outside || (track.elements.length > 0 && elements.every((element) => element.outside));
  return {
    id: track.id,
    kind: "track",
    type: track.type,
    frame,
    label: track.label,
    points: state.points,
    rotation: state.rotation,
    occluded: state.occluded,
    outside,
    keyframe: state.keyframe,
    z_order: state.z_order,
    group: track.group,
    source: track.source,
    score: track.score,
    attributes: { ...track.attributes, ...state.attributes },
    elements,
  };
}

function elementsOn(track: TrackRecord, frame: number): Element[] {
  return track.elements.flatMap((element) => {
    const state = trackStateAt(element.type, element.keyframes, frame);
    if (!state) return [];
    return {
      id: element.id,
      label: element.label,
      type: element.type,
      points: state.points,
      rotation: state.rotation,
      occluded: state.occluded,
      outside: state.outside,
      attributes: { ...element.attributes, ...(state.attributes ?? NO_VALUES) },
    };
  });
}
