/** An object of the ground truth, dotted: it is not among the annotations. */
import type { ConflictObject } from "../../review/issues";
import { cornersOf, type ToScreen } from "../../review/places";
import type { Point } from "../../shapes/kind";

const ROUND = 48;

/** The outline in pixels of the picture; boxes and ellipses are turned about their middle. */
export function outlineOf({ type, box, points, rotation = 0 }: ConflictObject): readonly Point[] {
  if (!points || points.length < 2) return box ? cornersOf(box) : [];
  if (type === "ellipse" && points.length === 4) {
    const [cx, cy, right, top] = points as [number, number, number, number];
    const [rx, ry] = [Math.abs(right - cx), Math.abs(cy - top)];
    const ring = Array.from({ length: ROUND }, (_, i): Point => {
      const angle = (2 * Math.PI * i) / ROUND;
      return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
    });
    return turned(ring, [cx, cy], rotation);
  }
  if (type === "rectangle" && points.length === 4) {
    const [x0, y0, x1, y1] = points as [number, number, number, number];
    return turned(cornersOf(points), [(x0 + x1) / 2, (y0 + y1) / 2], rotation);
  }
  // A line of two points is no box.
  return points.flatMap((x, i): Point[] => (i % 2 === 0 ? [[x, points[i + 1] as number]] : []));
}

function turned(points: readonly Point[], [cx, cy]: Point, degrees: number): readonly Point[] {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return points.map(([x, y]) => [cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos]);
}

export function TruthOutline({ object, toScreen }: { readonly object: ConflictObject | null; readonly toScreen: ToScreen }) {
  if (!object) return null;
  const points = outlineOf(object).map(([x, y]) => toScreen(x, y));
  if (points.length === 0) return null;
  if (object.type === "points") {
    return (
      <>
        {points.map(([x, y], index) => (
          <circle key={index} class="cvw-truth" cx={x} cy={y} r={4} />
        ))}
      </>
    );
  }
  const path = points.map((each) => each.join(",")).join(" ");
  return object.type === "polyline" ? (
    <polyline class="cvw-truth" points={path} />
  ) : (
    <polygon class="cvw-truth" points={path} />
  );
}
