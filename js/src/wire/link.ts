/** Questions and answers over a transport: calls with errors, progress and cancel, and how the connection is. */
import { type Signal, signal } from "@preact/signals";
import { type FromKernel, type KernelError, MAX_UPLINK_BYTES, newClientId, type ToKernel, type Transport } from "./protocol";

export type LinkStatus =
  /** Nothing was heard from the kernel yet. */
  | "connecting"
  | "ready"
  /** Something is unanswered for a while: the kernel is busy. */
  | "waiting"
  /** Messages were lost and are being fetched again. */
  | "behind"
  /** The kernel is gone, or speaks another version. */
  | "lost";

export class CallError extends Error {
  constructor(readonly detail: KernelError) {
    super(detail.message);
    this.name = detail.type;
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly buffers?: readonly Uint8Array[];
  /** The answer is so large that TCP sends most of it at once: nothing need be sent after the question. */
  readonly large?: boolean;
  readonly onProgress?: (value: number, total: number, text: string) => void;
}

export interface Answer<T> {
  readonly result: T;
  readonly buffers: readonly Uint8Array[];
}

interface Call {
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: CallOptions["onProgress"];
}

const WAITING_AFTER_MS = 1500;
/**
 * TCP holds a small answer back until the browser has acknowledged what came before it, which it does late, or with what it sends
 * next. So it sends something next: so long after a question, if nothing else was sent and the answer is not there.
 */
const NUDGES_MS = [4, 20];

export class Link {
  readonly status: Signal<LinkStatus> = signal("connecting");
  /** What the user should know when the status is "lost". */
  readonly reason: Signal<string | null> = signal(null);
  readonly clientId = newClientId();
  private readonly calls = new Map<number, Call>();
  private readonly handlers = new Map<string, Set<(message: never, buffers: readonly Uint8Array[]) => void>>();
  private readonly asked = new Map<string, number>();
  private nextCall = 1;
  private behind = false;
  private lost = false;
  private heard = false;
  private nudge: ReturnType<typeof setTimeout> | undefined;
  private readonly stop: () => void;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly transport: Transport) {
    this.stop = transport.onMessage((message, buffers) => this.receive(message, buffers));
    this.timer = setInterval(() => this.judge(), 250);
  }

  send(message: ToKernel, buffers: readonly Uint8Array[] = [], large = false): void {
    if (this.lost) return;
    if (!large) this.nudgeLater(message.t === "nudge" ? [] : NUDGES_MS);
    try {
      this.transport.send(message, buffers);
    } catch {
      // A comm outlives neither its kernel nor a restart of it.
      this.lose(
        "The kernel has stopped or was restarted. Run the cell again: edits that are not saved yet are kept and sent then.",
      );
    }
  }

  on<T extends FromKernel["t"]>(
    type: T,
    handler: (message: Extract<FromKernel, { t: T }>, buffers: readonly Uint8Array[]) => void,
  ): () => void {
    let handlers = this.handlers.get(type);
    if (!handlers) {
      handlers = new Set();
      this.handlers.set(type, handlers);
    }
    handlers.add(handler as never);
    return () => handlers.delete(handler as never);
  }

  call<T>(method: string, params: unknown = {}, options: CallOptions = {}): Promise<Answer<T>> {
    const id = this.nextCall++;
    const bytes = (options.buffers ?? []).reduce((sum, buffer) => sum + buffer.byteLength, 0);
    if (bytes > MAX_UPLINK_BYTES) return Promise.reject(new Error("That is too large to send to the kernel."));
    return new Promise<Answer<T>>((resolve, reject) => {
      if (options.signal?.aborted) {
        reject(options.signal.reason);
        return;
      }
      this.calls.set(id, { resolve: resolve as Call["resolve"], reject, onProgress: options.onProgress });
      options.signal?.addEventListener(
        "abort",
        () => {
          if (!this.calls.delete(id)) return;
          this.answered(`rpc:${id}`);
          this.send({ t: "cancel", client: this.clientId, id });
          reject(options.signal?.reason);
        },
        { once: true },
      );
      this.expect(`rpc:${id}`);
      this.send({ t: "rpc", client: this.clientId, id, method, params }, options.buffers, options.large);
    });
  }

  /** Something was asked under this name; until it is answered the kernel may be said to be busy. */
  expect(what: string): void {
    if (!this.asked.has(what)) this.asked.set(what, Date.now());
  }

  answered(what: string): void {
    this.asked.delete(what);
    this.judge();
  }

  setBehind(behind: boolean): void {
    this.behind = behind;
    this.judge();
  }

  lose(reason: string): void {
    this.lost = true;
    this.reason.value = reason;
    this.judge();
  }

  close(): void {
    clearInterval(this.timer);
    clearTimeout(this.nudge);
    this.stop();
    for (const call of this.calls.values()) call.reject(new Error("The annotator was closed."));
    this.calls.clear();
  }

  private nudgeLater(delays: readonly number[]): void {
    clearTimeout(this.nudge);
    const [delay, ...more] = delays;
    if (delay === undefined) return;
    this.nudge = setTimeout(() => {
      if (this.asked.size === 0) return;
      this.send({ t: "nudge", client: this.clientId });
      this.nudgeLater(more);
    }, delay);
  }

  private judge(): void {
    const oldest = Math.min(...this.asked.values());
    if (this.lost) this.status.value = "lost";
    else if (!this.heard) this.status.value = "connecting";
    else if (Date.now() - oldest > WAITING_AFTER_MS) this.status.value = "waiting";
    else this.status.value = this.behind ? "behind" : "ready";
  }

  private receive(message: FromKernel, buffers: readonly Uint8Array[]): void {
    if ("client" in message && message.client !== this.clientId && message.t !== "commit" && message.t !== "reject") return;
    this.heard = true;
    switch (message.t) {
      case "result":
        this.settle(message.id, (call) => call.resolve({ result: message.result, buffers }));
        break;
      case "error":
        this.settle(message.id, (call) => call.reject(new CallError(message.error)));
        break;
      case "progress":
        // It is at work on this, and so not too busy to answer.
        this.asked.delete(`rpc:${message.id}`);
        this.calls.get(message.id)?.onProgress?.(message.value, message.total, message.text);
        break;
      default:
        for (const handler of this.handlers.get(message.t) ?? []) handler(message as never, buffers);
    }
    this.judge();
  }

  private settle(id: number, how: (call: Call) => void): void {
    const call = this.calls.get(id);
    this.calls.delete(id);
    this.answered(`rpc:${id}`);
    if (call) how(call);
  }
}
