/** Items as transferable arrays, for the trip to the worker: cloning 20,000 objects would block the page for half a second. */
import { SHAPE_TYPES } from "../document/records";
import type { Item } from "./items";

export interface PackedItems {
  readonly ids: Float64Array;
  readonly types: Uint8Array;
  readonly flags: Uint8Array;
  readonly rotations: Float32Array;
  readonly boxes: Float64Array;
  /** Index into `palette`. */
  readonly colors: Uint32Array;
  readonly palette: readonly string[];
  /** Joined by newlines: one long string is cloned much faster than many short ones. */
  readonly texts: string;
  readonly points: Float64Array;
  readonly offsets: Uint32Array;
  readonly edges: Uint16Array;
  readonly edgeOffsets: Uint32Array;
}

const DASHED = 1;

export function packItems(items: readonly Item[]): PackedItems {
  const count = items.length;
  let pointCount = 0;
  let edgeCount = 0;
  for (const item of items) {
    pointCount += item.points.length;
    edgeCount += item.edges.length;
  }
  const ids = new Float64Array(count);
  const types = new Uint8Array(count);
  const flags = new Uint8Array(count);
  const rotations = new Float32Array(count);
  const boxes = new Float64Array(count * 4);
  const colors = new Uint32Array(count);
  const points = new Float64Array(pointCount);
  const offsets = new Uint32Array(count + 1);
  const edges = new Uint16Array(edgeCount);
  const edgeOffsets = new Uint32Array(count + 1);
  const palette: string[] = [];
  const paletteIndex = new Map<string, number>();
  const texts: string[] = [];
  let point = 0;
  let edge = 0;
  for (let i = 0; i < count; i++) {
    const item = items[i] as Item;
    ids[i] = item.id;
    types[i] = SHAPE_TYPES.indexOf(item.type);
    flags[i] = item.dashed ? DASHED : 0;
    rotations[i] = item.rotation;
    boxes.set([item.box.minX, item.box.minY, item.box.maxX, item.box.maxY], i * 4);
    let color = paletteIndex.get(item.color);
    if (color === undefined) {
      color = palette.push(item.color) - 1;
      paletteIndex.set(item.color, color);
    }
    colors[i] = color;
    texts.push(item.text.replaceAll("\n", " "));
    points.set(item.points, point);
    point += item.points.length;
    offsets[i + 1] = point;
    edges.set(item.edges, edge);
    edge += item.edges.length;
    edgeOffsets[i + 1] = edge;
  }
  return {
    ids,
    types,
    flags,
    rotations,
    boxes,
    colors,
    palette,
    texts: texts.join("\n"),
    points,
    offsets,
    edges,
    edgeOffsets,
  };
}

export function transferables(packed: PackedItems): ArrayBuffer[] {
  return Object.values(packed)
    .filter((value) => ArrayBuffer.isView(value))
    .map((value) => value.buffer as ArrayBuffer);
}

/** The points of an unpacked item are a view of the packed ones, which behaves as a list of numbers. */
export function unpackItems(packed: PackedItems): Item[] {
  const texts = packed.texts.split("\n");
  const items: Item[] = [];
  for (let i = 0; i < packed.ids.length; i++) {
    const points = packed.points.subarray(packed.offsets[i], packed.offsets[i + 1]);
    const edges = packed.edges.subarray(packed.edgeOffsets[i], packed.edgeOffsets[i + 1]);
    items.push({
      id: packed.ids[i] as number,
      type: SHAPE_TYPES[packed.types[i] as number] as Item["type"],
      points: points as unknown as readonly number[],
      edges: edges as unknown as readonly number[],
      rotation: packed.rotations[i] as number,
      color: packed.palette[packed.colors[i] as number] as string,
      dashed: ((packed.flags[i] as number) & DASHED) !== 0,
      text: texts[i] ?? "",
      box: {
        minX: packed.boxes[i * 4] as number,
        minY: packed.boxes[i * 4 + 1] as number,
        maxX: packed.boxes[i * 4 + 2] as number,
        maxY: packed.boxes[i * 4 + 3] as number,
      },
    });
  }
  return items;
}
