/** Points on a canvas: one path a colour, the chosen ones above the others. */
import { type Points, placeAt } from "./points";

export interface Drawing {
  readonly points: Points;
  readonly places: Float32Array;
  readonly colors: readonly string[];
  /** Whether colours are names, which have a form of their own, too. */
  readonly forms: boolean;
  readonly chosen: ReadonlySet<number>;
  readonly width: number;
  readonly height: number;
  /** The colour of the outline, which keeps dark points visible on dark ground. */
  readonly outline: string;
}

/** Forms as corners around (0, 0); a circle is none. Never colour alone. */
const FORMS: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [
    [-0.86, -0.86],
    [0.86, -0.86],
    [0.86, 0.86],
    [-0.86, 0.86],
  ],
  [
    [0, -1.15],
    [1.1, 0.85],
    [-1.1, 0.85],
  ],
  [
    [0, -1.25],
    [1.1, 0],
    [0, 1.25],
    [-1.1, 0],
  ],
  [
    [0, 1.15],
    [1.1, -0.85],
    [-1.1, -0.85],
  ],
  [
    [-0.4, -1.1],
    [0.4, -1.1],
    [0.4, -0.4],
    [1.1, -0.4],
    [1.1, 0.4],
    [0.4, 0.4],
    [0.4, 1.1],
    [-0.4, 1.1],
    [-0.4, 0.4],
    [-1.1, 0.4],
    [-1.1, -0.4],
    [-0.4, -0.4],
  ],
];

/** How large points are drawn: many are small. */
export const radiusOf = (count: number): number => (count > 20_000 ? 1.6 : count > 2_000 ? 2.6 : 4.2);

export function addForm(path: Path2D, form: number, x: number, y: number, radius: number): void {
  const corners = FORMS[form % FORMS.length] ?? [];
  if (corners.length === 0) {
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([across, up], i) => {
    if (i === 0) path.moveTo(x + across * radius, y + up * radius);
    else path.lineTo(x + across * radius, y + up * radius);
  });
  path.closePath();
}

/** The form of a legend's entry as the `d` of an SVG path around (8, 8). */
export function formPath(form: number): string {
  const corners = FORMS[form % FORMS.length] ?? [];
  if (corners.length === 0) return "M13 8A5 5 0 1 1 3 8A5 5 0 1 1 13 8Z";
  return `M${corners.map(([x, y]) => `${8 + 5 * x} ${8 + 5 * y}`).join("L")}Z`;
}

export function draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const { points, places, colors, chosen, width, height } = drawing;
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const radius = radiusOf(points.count);
  const layers = chosen.size === 0 ? [true] : [false, true];
  for (const picked of layers) {
    const paths = colors.map(() => new Path2D());
    for (let i = 0; i < points.count; i++) {
      if (chosen.size > 0 && chosen.has(points.id[i] as number) !== picked) continue;
      const color = (points.color[i] as number) % colors.length;
      const { x, y } = placeAt(places, i);
      const path = paths[color];
      if (path) addForm(path, drawing.forms ? color : 0, x, y, picked && chosen.size > 0 ? radius * 1.25 : radius);
    }
    context.globalAlpha = picked ? 0.9 : 0.28;
    context.lineWidth = picked && chosen.size > 0 ? 1.2 : 0.6;
    context.strokeStyle = drawing.outline;
    paths.forEach((path, color) => {
      context.fillStyle = colors[color] ?? "#888";
      context.fill(path);
      if (radius > 2) context.stroke(path);
    });
  }
}
