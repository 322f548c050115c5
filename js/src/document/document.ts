/**
 * The browser's copy of one job. Edits are applied here at once and handed to the wire; what the kernel says wins.
 *
 * `confirmed` edits are those the kernel has committed; `pending` ones are drawn but not yet acknowledged. A foreign commit takes the pending
 * ones back, is applied, and lets them be applied again.
 */
import { batch, type Signal, signal } from "@preact/signals";
import { applyEdit, invertEdit } from "./changes";
import type { AnnotationRecord, Edit, ObjectState, TrackRecord } from "./records";
import { stateOn } from "./states";

export interface History {
  readonly undo: string | null;
  readonly redo: string | null;
}

/** An edit that is drawn but not yet on disk. */
export interface PendingEdit {
  /** Who made it: our own client id, or that of the page before a reload. */
  readonly client: string;
  readonly seq: number;
  readonly base: number;
  readonly label: string;
  readonly changes: Edit;
}

interface Applied extends PendingEdit {
  readonly inverse: Edit;
}

export class JobDocument {
  /** Rises with every change; what reads annotations in a computed value depends on it. */
  readonly version: Signal<number> = signal(0);
  readonly revision: Signal<number> = signal(0);
  readonly pendingCount: Signal<number> = signal(0);
  readonly history: Signal<History> = signal({ undo: null, redo: null });
  /** Called for each new edit; the wire sends it. */
  onEdit: (label: string, changes: Edit) => PendingEdit;
  /** Called when few ids are left; the wire reserves more. */
  onIdsLow: () => void = () => undefined;

  private readonly records = new Map<number, AnnotationRecord>();
  private pending: Applied[] = [];
  private framed = new Map<number, Set<number>>();
  private readonly trackIds = new Set<number>();
  private states = new Map<number, { version: number; list: readonly ObjectState[] }>();
  private readonly known = new Map<number, { record: AnnotationRecord; frame: number; state: ObjectState | null }>();
  private ids: [next: number, last: number][] = [];
  private occupied: { version: number; list: readonly number[] } | null = null;

  constructor(onEdit: (label: string, changes: Edit) => PendingEdit) {
    this.onEdit = onEdit;
  }

  // -- reading ----------------------------------------------------------------------------------------------------------------------

  get count(): number {
    return this.records.size;
  }

  get(id: number): AnnotationRecord | undefined {
    return this.records.get(id);
  }

  all(): IterableIterator<AnnotationRecord> {
    return this.records.values();
  }

  /** Ids of the shapes and tags of each frame. */
  get byFrame(): ReadonlyMap<number, ReadonlySet<number>> {
    return this.framed;
  }

  tracks(): TrackRecord[] {
    this.version.value;
    return [...this.trackIds].flatMap((id) => {
      const record = this.records.get(id);
      return record?.kind === "track" ? record : [];
    });
  }

  /** Every object visible on a frame, bottom first; tags are included. An object that did not change keeps its identity. */
  statesAt(frame: number): readonly ObjectState[] {
    const version = this.version.value;
    const cached = this.states.get(frame);
    if (cached?.version === version) return cached.list;
    const list: ObjectState[] = [];
    for (const id of this.framed.get(frame) ?? []) this.collect(id, frame, list);
    for (const id of this.trackIds) this.collect(id, frame, list);
    list.sort((a, b) => a.z_order - b.z_order || a.id - b.id);
    // Only the frames around the present one are worth keeping.
    if (this.states.size > 8) this.states.clear();
    this.states.set(frame, { version, list });
    return list;
  }

  private collect(id: number, frame: number, list: ObjectState[]): void {
    const state = this.stateOf(id, frame);
    if (state && !(state.outside && state.kind === "track")) list.push(state);
  }

  /** One object on a frame, also where it is outside; null where it does not exist. */
  stateOf(id: number, frame: number): ObjectState | null {
    const record = this.records.get(id);
    if (!record) return null;
    const known = this.known.get(id);
    if (known && known.record === record && known.frame === frame) return known.state;
    const state = stateOn(record, frame);
    this.known.set(id, { record, frame, state });
    return state;
  }

  /** Frames on which at least one object begins to be, sorted: those of shapes and tags, and all that tracks are visible on. */
  framesWithObjects(last: number): readonly number[] {
    const version = this.version.value;
    if (this.occupied?.version === version) return this.occupied.list;
    const frames = new Set<number>();
    for (const [frame, ids] of this.framed) if (ids.size > 0) frames.add(frame);
    for (const track of this.tracks()) {
      for (const [from, to] of visibleSpans(track, last)) for (let frame = from; frame <= to; frame++) frames.add(frame);
    }
    const list = [...frames].sort((a, b) => a - b);
    this.occupied = { version, list };
    return list;
  }

  // -- ids --------------------------------------------------------------------------------------------------------------------------

  addIds(first: number, last: number): void {
    if (last >= first) this.ids.push([first, last]);
  }

  get idsLeft(): number {
    return this.ids.reduce((sum, [next, last]) => sum + last - next + 1, 0);
  }

  /** An id nobody else will use. */
  nextId(): number {
    const block = this.ids[0];
    if (!block) throw new Error("The kernel has not given out any more ids yet: wait until it answers.");
    const id = block[0]++;
    if (block[0] > block[1]) this.ids.shift();
    if (this.idsLeft < 16) this.onIdsLow();
    return id;
  }

  // -- changing ---------------------------------------------------------------------------------------------------------------------

  /** Make an edit here and hand it to the wire. */
  apply(label: string, changes: Edit): void {
    const edit = this.onEdit(label, changes);
    this.draw(edit);
  }

  private draw(edit: PendingEdit): void {
    batch(() => {
      const inverse = invertEdit(edit.changes, this.records);
      this.change(edit.changes);
      this.pending.push({ ...edit, inverse });
      this.pendingCount.value = this.pending.length;
    });
  }

  /** Draw edits that an earlier page left unacknowledged. */
  restore(edits: readonly PendingEdit[]): void {
    for (const edit of edits) this.draw(edit);
  }

  /** The kernel committed a change with the next revision; `own` names the pending edit it answers. */
  applyCommit(revision: number, changes: Edit, own: { client: string; seq: number } | null, history: History | null): void {
    batch(() => {
      const index = own ? this.pending.findIndex((edit) => edit.client === own.client && edit.seq === own.seq) : -1;
      this.takeBack();
      if (index >= 0) this.pending.splice(index, 1);
      this.change(changes);
      this.drawAgain();
      this.revision.value = revision;
      if (history) this.history.value = history;
    });
  }

  /** The kernel has an edit on disk that our copy already contains. */
  acknowledge(client: string, seq: number): void {
    const index = this.pending.findIndex((edit) => edit.client === client && edit.seq === seq);
    if (index < 0) return;
    batch(() => {
      this.takeBack();
      this.pending.splice(index, 1);
      this.drawAgain();
    });
  }

  /** The kernel refused an edit: what it drew goes away. Returns its name, null if it was not pending. */
  reject(client: string, seq: number): string | null {
    const edit = this.pending.find((each) => each.client === client && each.seq === seq);
    this.acknowledge(client, seq);
    return edit?.label ?? null;
  }

  /** Everything anew, from a snapshot; pending edits are drawn on top, but those in `keep` only. */
  replaceAll(records: Iterable<AnnotationRecord>, revision: number, history: History | null): void {
    batch(() => {
      this.records.clear();
      this.framed = new Map();
      this.trackIds.clear();
      this.known.clear();
      for (const record of records) {
        this.records.set(record.id, record);
        this.index(record.id);
      }
      this.drawAgain();
      this.revision.value = revision;
      if (history) this.history.value = history;
      this.version.value += 1;
    });
  }

  get pendingEdits(): readonly PendingEdit[] {
    return this.pending;
  }

  private takeBack(): void {
    for (const edit of [...this.pending].reverse()) this.change(edit.inverse);
  }

  private drawAgain(): void {
    const edits = this.pending;
    this.pending = [];
    for (const edit of edits) {
      const inverse = invertEdit(edit.changes, this.records);
      this.change(edit.changes);
      this.pending.push({ ...edit, inverse });
    }
    this.pendingCount.value = this.pending.length;
  }

  private change(edit: Edit): void {
    const before = new Map<number, number | null>();
    for (const id of [...(edit.removed ?? []), ...Object.keys(edit.updated ?? {}).map(Number)]) {
      const record = this.records.get(id);
      before.set(id, record && record.kind !== "track" ? record.frame : null);
    }
    for (const id of applyEdit(this.records, edit)) {
      const frame = before.get(id);
      if (frame !== undefined && frame !== null) this.framed.get(frame)?.delete(id);
      if (!this.records.has(id)) {
        this.trackIds.delete(id);
        this.known.delete(id);
      } else this.index(id);
    }
    this.version.value += 1;
  }

  private index(id: number): void {
    const record = this.records.get(id);
    if (!record) return;
    if (record.kind === "track") {
      this.trackIds.add(id);
      return;
    }
    let ids = this.framed.get(record.frame);
    if (!ids) {
      ids = new Set();
      this.framed.set(record.frame, ids);
    }
    ids.add(id);
  }
}

/** Stretches of frames on which a track is visible, both ends inclusive; the last one runs to `last`. */
export function visibleSpans(track: Pick<TrackRecord, "keyframes">, last: number): [from: number, to: number][] {
  const frames = Object.keys(track.keyframes)
    .map(Number)
    .sort((a, b) => a - b);
  const spans: [number, number][] = [];
  frames.forEach((frame, index) => {
    if (track.keyframes[frame]?.outside) return;
    const end = index + 1 < frames.length ? (frames[index + 1] as number) - 1 : last;
    const previous = spans[spans.length - 1];
    if (previous && previous[1] === frame - 1) previous[1] = end;
    else spans.push([frame, end]);
  });
  return spans;
}
