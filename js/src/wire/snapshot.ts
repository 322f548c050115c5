/** The columnar snapshot of a job, back to records. Twin of cvat_widgets/widgets/snapshot.py. */
import {
  type AnnotationRecord,
  type Element,
  type Keyframe,
  SHAPE_TYPES,
  SOURCES,
  type TrackElement,
} from "../document/records";
import type { Snapshot } from "./protocol";

type Column = Float64Array | Int32Array | Uint8Array;

const READERS: Readonly<Record<string, (buffer: ArrayBuffer) => Column>> = {
  "<f8": (buffer) => new Float64Array(buffer),
  "<i4": (buffer) => new Int32Array(buffer),
  "|u1": (buffer) => new Uint8Array(buffer),
};

const OCCLUDED = 1;
const OUTSIDE = 2;

export function readSnapshot(
  message: Snapshot,
  buffers: readonly Uint8Array[],
  mutable: ReadonlySet<number>,
): AnnotationRecord[] {
  const columns: Record<string, Column> = {};
  message.columns.forEach(({ name, dtype, length }, index) => {
    const bytes = buffers[index];
    const read = READERS[dtype];
    if (!bytes || !read) throw new Error(`The snapshot lacks its column ${name}.`);
    const column = read(bytes.slice().buffer);
    if (column.length !== length) throw new Error(`The snapshot's column ${name} is cut off.`);
    columns[name] = column;
  });
  return new Rows(columns, message.count, message.strings, mutable).records();
}

class Rows {
  private readonly attributes: Record<number, string>[];
  private readonly rowsOf = new Map<number, number[]>();

  constructor(
    private readonly columns: Readonly<Record<string, Column>>,
    private readonly count: number,
    strings: readonly string[],
    private readonly mutable: ReadonlySet<number>,
  ) {
    this.attributes = Array.from({ length: count }, () => ({}));
    const [rows, specs, codes] = [this.column("attribute_row"), this.column("attribute_spec"), this.column("attribute_code")];
    rows.forEach((row, index) => {
      const values = this.attributes[row];
      if (values) values[specs[index] as number] = strings[codes[index] as number] ?? "";
    });
    for (let row = 0; row < count; row++) {
      const track = this.at("track", row);
      if (track < 0) continue;
      const list = this.rowsOf.get(track);
      if (list) list.push(row);
      else this.rowsOf.set(track, [row]);
    }
  }

  records(): AnnotationRecord[] {
    const children = new Map<number, number[]>();
    for (let row = 0; row < this.count; row++) {
      const parent = this.at("parent", row);
      if (parent < 0) continue;
      const list = children.get(parent);
      if (list) list.push(row);
      else children.set(parent, [row]);
    }
    const records: AnnotationRecord[] = [];
    const seen = new Set<number>();
    for (let row = 0; row < this.count; row++) {
      if (this.at("parent", row) >= 0) continue;
      const track = this.at("track", row);
      if (track < 0) records.push(this.plain(row, children.get(this.at("id", row)) ?? []));
      else if (!seen.has(track)) {
        seen.add(track);
        records.push(this.track(track, children.get(track) ?? []));
      }
    }
    return records;
  }

  private column(name: string): Column {
    const column = this.columns[name];
    if (!column) throw new Error(`The snapshot lacks its column ${name}.`);
    return column;
  }

  private at(name: string, row: number): number {
    return this.column(name)[row] as number;
  }

  private common(row: number) {
    return {
      id: this.at("id", row),
      label: this.at("label", row),
      group: this.at("group", row),
      source: SOURCES[this.at("source", row)] ?? "manual",
      score: this.at("score", row),
    };
  }

  private pose(row: number) {
    const offsets = this.column("offsets");
    const flags = this.at("flags", row);
    return {
      points: Array.from(this.column("points").subarray(offsets[row], offsets[row + 1])),
      rotation: this.at("rotation", row),
      occluded: (flags & OCCLUDED) !== 0,
      outside: (flags & OUTSIDE) !== 0,
    };
  }

  private type(row: number) {
    return SHAPE_TYPES[this.at("type", row)] ?? "rectangle";
  }

  private plain(row: number, children: readonly number[]): AnnotationRecord {
    const attributes = this.attributes[row] ?? {};
    const frame = this.at("frame", row);
    const type = this.type(row);
    if (type === "tag") return { kind: "tag", frame, attributes, ...this.common(row) };
    const elements = children.map(
      (child): Element => ({
        id: this.at("id", child),
        label: this.at("label", child),
        type: this.type(child),
        attributes: this.attributes[child] ?? {},
        ...this.pose(child),
      }),
    );
    return {
      kind: "shape",
      frame,
      type,
      attributes,
      z_order: this.at("z_order", row),
      elements,
      ...this.common(row),
      ...this.pose(row),
    };
  }

  private track(id: number, children: readonly number[]): AnnotationRecord {
    const [first = 0] = this.rowsOf.get(id) ?? [];
    const joints = [...new Set(children.map((row) => this.at("track", row)))];
    const elements = joints.map((joint): TrackElement => {
      const [row = 0] = this.rowsOf.get(joint) ?? [];
      return { id: joint, label: this.at("label", row), type: this.type(row), ...this.keyframes(joint) };
    });
    return { kind: "track", type: this.type(first), ...this.common(first), id, elements, ...this.keyframes(id) };
  }

  /** Keyframes of a track, and the attributes that are its own because they cannot change along it. */
  private keyframes(track: number) {
    const keyframes: Record<number, Keyframe> = {};
    const attributes: Record<number, string> = {};
    for (const row of this.rowsOf.get(track) ?? []) {
      const changing: Record<number, string> = {};
      for (const [spec, value] of Object.entries(this.attributes[row] ?? {})) {
        if (this.mutable.has(Number(spec))) changing[Number(spec)] = value;
        else attributes[Number(spec)] ??= value;
      }
      keyframes[this.at("frame", row)] = { ...this.pose(row), z_order: this.at("z_order", row), attributes: changing };
    }
    return { keyframes, attributes };
  }
}
