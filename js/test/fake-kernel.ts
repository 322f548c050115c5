/** A kernel for tests: the truth, a log, and a wire that may lose messages or say them twice. */
import { applyEdit } from "../src/document/changes";
import type { AnnotationRecord, Edit } from "../src/document/records";
import { NO_REVIEW } from "../src/review/facts";
import type { Commit, FromKernel, Handler, ToKernel, Transport, Welcome } from "../src/wire/protocol";

export class FakeKernel {
  readonly records = new Map<number, AnnotationRecord>();
  readonly log: Commit[] = [];
  readonly epoch = "epoch";
  /** Chance that a message to a page is lost. */
  loss = 0;
  /** Whether operations arrive twice. */
  doubled = false;
  /** Whether pages may only look. */
  readOnly = false;
  /** Whether the kernel answers at all. */
  busy = false;
  readonly reject = new Set<string>();
  private readonly handlers = new Set<Handler>();
  private nextId = 1;
  private waiting: ToKernel[] = [];

  constructor(private readonly random: () => number = Math.random) {}

  get revision(): number {
    return this.log.length;
  }

  transport(): Transport {
    return {
      send: (message) => {
        // As on a real wire, nothing is shared and nothing is answered within the call.
        const copy = JSON.parse(JSON.stringify(message)) as ToKernel;
        this.waiting.push(copy);
        if (this.doubled && copy.t === "op") this.waiting.push(copy);
      },
      onMessage: (handler) => {
        this.handlers.add(handler);
        return () => this.handlers.delete(handler);
      },
    };
  }

  /** Answer what was asked so far. */
  work(): void {
    if (this.busy) return;
    const messages = this.waiting;
    this.waiting = [];
    for (const message of messages) this.answer(message);
  }

  /** An edit from Python. */
  edit(changes: Edit): void {
    this.commit(changes, null, null);
  }

  private say(message: FromKernel): void {
    for (const handler of this.handlers)
      if (this.random() >= this.loss) handler(JSON.parse(JSON.stringify(message)) as FromKernel, []);
  }

  private answer(message: ToKernel): void {
    const { client } = message;
    if (message.t === "hello") this.say(this.welcome(client));
    else if (message.t === "op") this.operation(message);
    else if (message.t === "sync") {
      const have = message.epoch === this.epoch ? message.have : 0;
      this.say({ t: "changes", client, epoch: this.epoch, from: this.revision, commits: this.log.slice(have) });
    } else if (message.t === "ping") this.say({ t: "pong", client, n: message.n, revision: this.revision, epoch: this.epoch });
    else if (message.t === "rpc" && message.method === "ids") {
      const first = this.nextId;
      this.nextId += 64;
      this.say({ t: "result", client, id: message.id, result: { first, last: first + 63 } });
    }
  }

  private operation(message: Extract<ToKernel, { t: "op" }>): void {
    const earlier = this.log.find((commit) => commit.client === message.client && commit.seq === message.seq);
    if (earlier) this.say(earlier);
    else if (this.reject.delete(message.label) || !this.possible(message.changes)) {
      const error = { type: "ConflictError", message: "Somebody else changed it." };
      this.say({ t: "reject", client: message.client, seq: message.seq, revision: this.revision, error });
    } else this.commit(message.changes, message.client, message.seq);
  }

  private possible(changes: Edit): boolean {
    const ids = [...(changes.removed ?? []), ...Object.keys(changes.updated ?? {}).map(Number)];
    return ids.every((id) => this.records.has(id));
  }

  private commit(changes: Edit, client: string | null, seq: number | null): void {
    applyEdit(this.records, changes);
    const facts = { origin: "canvas", author: "ann", label: "edit", history: { undo: "edit", redo: null } };
    const commit: Commit = { t: "commit", epoch: this.epoch, revision: this.revision + 1, client, seq, changes, ...facts };
    this.log.push(commit);
    this.say(commit);
  }

  private welcome(client: string): Welcome {
    const first = this.nextId;
    this.nextId += 64;
    return {
      t: "welcome",
      client,
      protocol: 1,
      epoch: this.epoch,
      revision: this.revision,
      task: { id: 1, uid: "uid", name: "task", mode: "annotation" },
      job: { id: 1, start: 0, stop: 9, type: "annotation", stage: "annotation", state: "new" },
      labels: [{ id: 1, name: "car", color: "#ff0000", type: "any", attributes: [], sublabels: [], svg: "" }],
      frames: { count: 10, names: null, sizes: [640, 480], deleted: [], kind: "video", fps: 25 },
      user: "ann",
      settings: {},
      ids: [first, first + 63],
      history: { undo: null, redo: null },
      read_only: this.readOnly,
      review: NO_REVIEW,
      kernel: { ipykernel: "7.4.0", subshells: true },
      demonstration: null,
    };
  }
}
