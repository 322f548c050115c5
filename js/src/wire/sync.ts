/** Keeps a document equal to the kernel's: handshake, operations, commits, gaps, reloads and restarts. */
import { effect } from "@preact/signals";
import { JobDocument, type PendingEdit } from "../document/document";
import type { Edit } from "../document/records";
import type { Link } from "./link";
import { Outbox, type Shelf, sessionShelf } from "./outbox";
import { type Commit, MAX_UPLINK_BYTES, PROTOCOL_VERSION, type Snapshot, type Welcome } from "./protocol";
import { readSnapshot } from "./snapshot";

const HELLO_AGAIN_MS = 2000;
const RESEND_MS = 2000;
const PING_MS = 5000;

export interface SyncOptions {
  readonly bundle: string;
  readonly shelf?: Shelf;
  readonly onNotice?: (level: "info" | "warning" | "error", text: string) => void;
  /** How many views there are of the document. */
  readonly views?: () => number;
  /** The kernel came back with other facts (labels, job): the view must be built anew. */
  readonly onWelcome?: (welcome: Welcome) => void;
}

export class Sync {
  readonly document: JobDocument;
  welcome: Welcome | null = null;
  private epoch = "";
  private synced = false;
  private seq = 0;
  private pings = 0;
  private lastSent = new Map<string, number>();
  private outbox: Outbox | null = null;
  private asking = false;
  private askedAt = 0;
  private readonly timers: ReturnType<typeof setInterval>[] = [];
  private readonly stops: (() => void)[] = [];
  private settled!: (welcome: Welcome) => void;
  /** Resolves when the document holds the job. */
  readonly ready: Promise<Welcome>;

  constructor(
    private readonly link: Link,
    private readonly options: SyncOptions,
  ) {
    this.ready = new Promise((resolve) => {
      this.settled = resolve;
    });
    this.document = new JobDocument((label, changes) => this.edited(label, changes));
    this.document.onIdsLow = () => void this.reserveIds();
    this.stops.push(
      link.on("welcome", (message) => this.welcomed(message)),
      // A new welcome brings the labels.
      link.on("labels", () => this.hello()),
      link.on("stale", (message) => link.lose(message.message)),
      link.on("commit", (message) => this.committed(message)),
      link.on("reject", (message) => this.rejected(message.client, message.seq, message.error.message)),
      link.on("changes", (message) => this.caughtUp(message.epoch, message.from, message.commits)),
      link.on("snapshot", (message, buffers) => this.replaced(message, buffers)),
      link.on("pong", (message) => this.ponged(message.n, message.revision, message.epoch)),
      link.on("notice", (message) => options.onNotice?.(message.level, message.text)),
    );
    this.timers.push(
      setInterval(() => this.tick(), 500),
      setInterval(() => this.ping(), PING_MS),
    );
    this.hello();
  }

  dispose(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const stop of this.stops) stop();
  }

  /** Send everything that is not acknowledged now, and ask whether we are up to date. */
  flush(): void {
    this.lastSent.clear();
    this.tick();
    this.ping();
  }

  // -- handshake --------------------------------------------------------------------------------------------------------------------

  private hello(): void {
    this.askedAt = Date.now();
    this.link.expect("hello");
    this.link.send({ t: "hello", client: this.link.clientId, protocol: PROTOCOL_VERSION, bundle: this.options.bundle });
  }

  private welcomed(welcome: Welcome): void {
    const first = this.welcome === null;
    this.link.answered("hello");
    this.welcome = welcome;
    this.document.addIds(welcome.ids[0], welcome.ids[1]);
    // A view that only reads has nothing to keep, and leaves alone what an annotator of the same job keeps.
    if (first && !welcome.read_only) {
      this.outbox = new Outbox(this.options.shelf ?? sessionShelf(), welcome.task.uid, welcome.job.id, this.link.clientId);
      const left = this.outbox.load();
      const outbox = this.outbox;
      this.document.restore(left);
      this.stops.push(
        effect(() => {
          this.document.pendingCount.value;
          outbox.save(this.document.pendingEdits);
        }),
      );
    }
    if (!first) this.options.onWelcome?.(welcome);
    this.ask();
  }

  private tick(): void {
    const now = Date.now();
    if (!this.welcome) {
      if (now - this.askedAt > HELLO_AGAIN_MS) this.hello();
      return;
    }
    if (this.asking && now - this.askedAt > RESEND_MS) this.ask();
    // Operations whose answer was lost are sent again, in order; the kernel knows them by their numbers.
    if (!this.synced) return;
    for (const edit of this.document.pendingEdits) {
      if (now - (this.lastSent.get(key(edit)) ?? 0) > RESEND_MS) this.sendEdit(edit);
    }
  }

  /** Ask whether we are up to date, and say that we are here. */
  ping(): void {
    if (!this.welcome || globalThis.document?.hidden) return;
    this.pings += 1;
    const views = this.options.views?.() ?? 0;
    this.link.send({ t: "ping", client: this.link.clientId, n: this.pings, revision: this.document.revision.value, views });
  }

  private ponged(_n: number, revision: number, epoch: string): void {
    if (epoch !== this.epoch || revision > this.document.revision.value) this.ask();
  }

  private ask(): void {
    this.asking = true;
    this.askedAt = Date.now();
    this.link.setBehind(this.synced);
    this.link.expect("sync");
    const have = this.document.revision.value;
    this.link.send({ t: "sync", client: this.link.clientId, epoch: this.epoch, have });
  }

  private answered(): void {
    this.asking = false;
    this.link.answered("sync");
    this.link.setBehind(false);
    const first = !this.synced;
    this.synced = true;
    if (first && this.welcome) {
      this.settled(this.welcome);
      this.tick();
    }
  }

  private async reserveIds(): Promise<void> {
    try {
      const { result } = await this.link.call<{ first: number; last: number }>("ids", { count: 64 });
      this.document.addIds(result.first, result.last);
    } catch {
      // The next object asks again.
    }
  }

  // -- edits ------------------------------------------------------------------------------------------------------------------------

  private edited(label: string, changes: Edit): PendingEdit {
    const edit: PendingEdit = {
      client: this.link.clientId,
      seq: ++this.seq,
      base: this.document.revision.value,
      label,
      changes,
    };
    if (JSON.stringify(changes).length > MAX_UPLINK_BYTES)
      throw new Error("This edit is too large to send in one piece. Make it from Python, or in smaller steps.");
    queueMicrotask(() => this.sendEdit(edit));
    return edit;
  }

  private sendEdit(edit: PendingEdit): void {
    this.lastSent.set(key(edit), Date.now());
    this.link.expect(`op:${key(edit)}`);
    this.link.send({
      t: "op",
      client: edit.client,
      seq: edit.seq,
      base: edit.base,
      label: edit.label,
      changes: edit.changes,
    });
  }

  private done(client: string | null, seq: number | null): { client: string; seq: number } | null {
    if (client === null || seq === null) return null;
    const own = { client, seq };
    this.lastSent.delete(key(own));
    this.link.answered(`op:${key(own)}`);
    return own;
  }

  private committed(commit: Commit): void {
    if (!this.synced || commit.epoch !== this.epoch) {
      // Before the first snapshot nothing can be applied; it will contain this.
      return;
    }
    const own = this.done(commit.client, commit.seq);
    const have = this.document.revision.value;
    if (commit.revision <= have) {
      if (own) this.document.acknowledge(own.client, own.seq);
    } else if (commit.revision > have + 1 || commit.changes === null) {
      this.ask();
    } else this.document.applyCommit(commit.revision, commit.changes, own, commit.history);
  }

  private rejected(client: string, seq: number, reason: string): void {
    this.done(client, seq);
    const label = this.document.reject(client, seq);
    if (label !== null) this.options.onNotice?.("error", `${label} was not saved. ${reason}`);
  }

  private caughtUp(epoch: string, from: number, commits: readonly Commit[]): void {
    this.epoch = epoch;
    for (const commit of commits) {
      const own = this.done(commit.client, commit.seq);
      if (commit.revision === this.document.revision.value + 1 && commit.changes !== null)
        this.document.applyCommit(commit.revision, commit.changes, own, commit.history);
      else if (own) this.document.acknowledge(own.client, own.seq);
    }
    if (from > this.document.revision.value) this.ask();
    else this.answered();
  }

  private replaced(message: Snapshot, buffers: readonly Uint8Array[]): void {
    // An answer that was overtaken by commits would take us back.
    if (this.synced && message.epoch === this.epoch && message.revision < this.document.revision.value) return;
    const mutable = new Set(
      (this.welcome?.labels ?? []).flatMap((label) =>
        [label, ...label.sublabels].flatMap((each) => each.attributes.flatMap((spec) => (spec.mutable ? spec.id : []))),
      ),
    );
    this.epoch = message.epoch;
    this.document.replaceAll(readSnapshot(message, buffers, mutable), message.revision, message.history);
    this.answered();
    // What is pending may be in the snapshot already: sending it again brings its acknowledgement.
    this.flushPending();
  }

  private flushPending(): void {
    for (const edit of this.document.pendingEdits) this.sendEdit(edit);
  }
}

const key = ({ client, seq }: { client: string; seq: number }): string => `${client}:${seq}`;
