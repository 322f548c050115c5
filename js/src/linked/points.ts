/** The points of a scatter: columns as Python sent them, and which of them a gesture means. */
import { type Scale, scaleOf, shareOf } from "./scale";

export interface Points {
  readonly count: number;
  readonly id: Int32Array;
  readonly frame: Int32Array;
  readonly label: Uint16Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Which colour of the legend. */
  readonly color: Uint16Array;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

type Columns = Readonly<Record<string, DataView>>;

/** Take columns over; what is cut short has no points. */
export function pointsOf(columns: Columns): Points {
  const bytes = (name: string): ArrayBuffer => {
    const view = columns[name];
    // A copy starts at a multiple of eight.
    return view ? (view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer) : new ArrayBuffer(0);
  };
  const made = {
    id: new Int32Array(bytes("id")),
    frame: new Int32Array(bytes("frame")),
    label: new Uint16Array(bytes("label")),
    x: new Float64Array(bytes("x")),
    y: new Float64Array(bytes("y")),
    color: new Uint16Array(bytes("color")),
  };
  return { count: Math.min(...Object.values(made).map((column) => column.length)), ...made };
}

export interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

/** Scales on which all points are seen, or only those that `shown` names. */
export function scalesOf(points: Points, logarithmic: { x: boolean; y: boolean }, shown?: ReadonlySet<number>): Scales {
  const indices = [...points.id.subarray(0, points.count).keys()].filter((i) => !shown || shown.has(points.id[i] as number));
  const of = (values: Float64Array, isLogarithmic: boolean): Scale =>
    scaleOf(
      indices.map((i) => values[i] as number),
      isLogarithmic,
    );
  return { x: of(points.x, logarithmic.x), y: of(points.y, logarithmic.y) };
}

/** Where every point is, in pixels of the plot's area; x and y by turns. */
export function placesOf(points: Points, scales: Scales, width: number, height: number): Float32Array {
  const places = new Float32Array(points.count * 2);
  for (let i = 0; i < points.count; i++) {
    places[2 * i] = shareOf(scales.x, points.x[i] as number) * width;
    places[2 * i + 1] = (1 - shareOf(scales.y, points.y[i] as number)) * height;
  }
  return places;
}

export const placeAt = (places: Float32Array, index: number): Place => ({
  x: places[2 * index] as number,
  y: places[2 * index + 1] as number,
});

/** Indices of the points inside of a box. */
export function inside(places: Float32Array, box: Box): number[] {
  const found: number[] = [];
  for (let i = 0; i < places.length / 2; i++) {
    const { x, y } = placeAt(places, i);
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) found.push(i);
  }
  return found;
}

/** The nearest point within `reach`; of two in the same place the one that is drawn on top. */
export function nearest(places: Float32Array, at: Place, reach: number): number | null {
  let best: number | null = null;
  let least = reach ** 2;
  for (let i = 0; i < places.length / 2; i++) {
    const apart = ((places[2 * i] as number) - at.x) ** 2 + ((places[2 * i + 1] as number) - at.y) ** 2;
    if (apart <= least) {
      least = apart;
      best = i;
    }
  }
  return best;
}

/** The next point from one in a direction: near, and not far off to the side. */
export function nextTowards(places: Float32Array, from: number, towards: Place): number {
  const start = placeAt(places, from);
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < places.length / 2; i++) {
    const { x, y } = placeAt(places, i);
    const along = (x - start.x) * towards.x + (y - start.y) * towards.y;
    const aside = Math.abs((x - start.x) * towards.y - (y - start.y) * towards.x);
    if (along < 0.5 || aside > along) continue;
    const cost = along + 2 * aside;
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  return best;
}
