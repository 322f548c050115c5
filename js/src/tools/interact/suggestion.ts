/** What a model suggests, and the shapes it can be taken as. */
import type { Points } from "../../document/records";
import { decodeMask } from "../../geometry/bitmap";
import { toRectangle } from "../../geometry/convert";
import { outlinesOf, type Ring } from "../../geometry/outline";
import { distanceOfDetail, simplifiedRing } from "../../geometry/simplify";
import { EMPTY_EDGES, type Figure } from "../../shapes/kind";

export interface Suggestion {
  readonly mask: Points;
  /** Where the model answers with polygons. */
  readonly polygon: Points | null;
  readonly score: number;
}

export const OUTPUTS = ["mask", "polygon", "rectangle"] as const;
export type Output = (typeof OUTPUTS)[number];

function areaOf(ring: Ring): number {
  let twice = 0;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2)
    twice += (ring[j] as number) * (ring[i + 1] as number) - (ring[i] as number) * (ring[j + 1] as number);
  return Math.abs(twice) / 2;
}

/** Tracing is the slow part, and does not depend on the detail. */
const outlines = new WeakMap<Suggestion, Ring>();

/** The outline of the largest part along the edges of its pixels. */
function outlineOf(suggestion: Suggestion): Ring {
  let outline = outlines.get(suggestion);
  if (!outline) {
    const rings = outlinesOf(decodeMask(suggestion.mask)).map((part) => part.outline);
    outline = suggestion.polygon ?? rings.reduce<Ring>((best, ring) => (areaOf(ring) > areaOf(best) ? ring : best), []);
    outlines.set(suggestion, outline);
  }
  return outline;
}

/** A suggestion as a shape; polygons have one ring, that of the largest part, without its holes. */
export function figureOf(suggestion: Suggestion, output: Output, detail: number): Figure {
  const points =
    output === "mask"
      ? suggestion.mask
      : output === "polygon"
        ? simplifiedRing(outlineOf(suggestion), distanceOfDetail(detail))
        : (toRectangle({ type: "mask", points: suggestion.mask, rotation: 0 }) ?? []);
  return { type: output, points, rotation: 0, edges: EMPTY_EDGES };
}
