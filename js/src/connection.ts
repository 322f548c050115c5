/** What several views of one widget share: the connection, the document, and what the kernel said of the job. */
import type { AnyModel } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { LabelSpec } from "./document/records";
import { Editor, type FrameTable, type Settings } from "./editor";
import { FramePlayer } from "./frames/player";
import { NO_REVIEW, type ReviewFacts } from "./review/facts";
import { dataChannel, type MessageModel, notebookTransport } from "./wire/anywidget-transport";
import { Link } from "./wire/link";
import type { Demonstration, FrameFacts, Transport, Welcome } from "./wire/protocol";
import { Sync } from "./wire/sync";

export const BUNDLE = "0.1.0";

export class Connection {
  readonly link: Link;
  readonly sync: Sync;
  readonly labels: Signal<readonly LabelSpec[]> = signal([]);
  /** Frames that are taken out of the task. */
  readonly deleted: Signal<ReadonlySet<number>> = signal(new Set());
  private readonly review: Signal<ReviewFacts> = signal(NO_REVIEW);
  /** What Python wants shown or done. */
  readonly demonstration: Signal<Demonstration | null> = signal(null);
  private readonly editors = new Set<Editor>();

  constructor(transport: Transport) {
    this.link = new Link(transport);
    this.sync = new Sync(this.link, {
      bundle: BUNDLE,
      views: () => this.editors.size,
      onNotice: (level, text) => {
        for (const editor of this.editors) editor.toast(level, text);
      },
      onWelcome: (welcome) => {
        this.labels.value = welcome.labels;
        for (const { activeLabel } of this.editors) {
          if (!welcome.labels.some(({ id }) => id === activeLabel.peek())) activeLabel.value = welcome.labels[0]?.id ?? 0;
        }
        this.deleted.value = new Set(welcome.frames.deleted);
        this.demonstration.value = welcome.demonstration;
        this.review.value = welcome.review;
      },
    });
    this.link.on("frames", (message) => {
      this.deleted.value = new Set(message.deleted);
    });
    this.link.on("review", (message) => {
      this.review.value = message;
    });
    this.link.on("demonstration", (message) => {
      this.demonstration.value = message.state;
    });
    void this.sync.ready.then((welcome) => {
      this.demonstration.value ??= welcome.demonstration;
      this.labels.value = welcome.labels;
      this.deleted.value = new Set(welcome.frames.deleted);
      this.review.value = welcome.review;
    });
  }

  /** A new view: it has its own frame, selection and settings, and shares the document. */
  async open(): Promise<{ editor: Editor; welcome: Welcome }> {
    const welcome = await this.sync.ready;
    this.labels.value = welcome.labels;
    const player = new FramePlayer(this.link, {
      first: welcome.job.start,
      last: welcome.job.stop,
      fps: welcome.frames.fps,
    });
    const { task, job, user } = welcome;
    const editor = new Editor(
      { task, job, user, readOnly: welcome.read_only },
      this.labels,
      frameTable(welcome.frames, this.deleted),
      this.sync.document,
      player,
      this.link,
      welcome.settings as Partial<Settings>,
      this.review,
    );
    editor.demonstration = this.demonstration;
    this.editors.add(editor);
    this.sync.ping();
    if (welcome.frames.kind === "video") void this.readChapters(editor);
    return { editor, welcome };
  }

  /** Chapters are nothing that a view has to wait for. */
  private async readChapters(editor: Editor): Promise<void> {
    try {
      const { result } = await this.link.call<{ chapters: Editor["chapters"]["value"] }>("chapters");
      editor.chapters.value = result.chapters;
    } catch {
      // A video that cannot be read says so on the canvas.
    }
  }

  release(editor: Editor): void {
    this.editors.delete(editor);
    this.sync.ping();
    editor.player.dispose();
  }

  close(): void {
    this.sync.dispose();
    this.link.close();
  }
}

export function frameTable(facts: FrameFacts, deleted: ReadonlySignal<ReadonlySet<number>>): FrameTable {
  const { names, sizes } = facts;
  const uniform = typeof sizes[0] === "number" ? (sizes as readonly [number, number]) : null;
  return {
    count: facts.count,
    kind: facts.kind,
    fps: facts.fps,
    get deleted() {
      return deleted.value;
    },
    nameOf: (frame) => names?.[frame] ?? `frame_${String(frame).padStart(6, "0")}`,
    sizeOf: (frame) => uniform ?? (sizes as readonly (readonly [number, number])[])[frame] ?? [1, 1],
  };
}

const connections = new WeakMap<object, Promise<Connection>>();

/** The connection of a widget model, made on first use. */
export function connectionOf(model: AnyModel): Promise<Connection> {
  let connection = connections.get(model);
  if (!connection) {
    connection = dataChannel(model).then(
      (channel) => new Connection(notebookTransport(model as unknown as MessageModel, channel)),
    );
    connections.set(model, connection);
  }
  return connection;
}
