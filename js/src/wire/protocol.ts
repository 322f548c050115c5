/** Messages between browser and kernel; twin of cvat_widgets/widgets/protocol.py. The rules are in docs/protocol.md. */
import type { History } from "../document/document";
import type { Edit, LabelSpec } from "../document/records";
import type { ReviewFacts } from "../review/facts";

export const PROTOCOL_VERSION = 1;
/** Messages to the kernel above 10 MiB vanish and take the connection with them. */
export const MAX_UPLINK_BYTES = 8 * 1024 * 1024;

export interface FrameFacts {
  readonly count: number;
  readonly names: readonly string[] | null;
  readonly sizes: readonly [number, number] | readonly (readonly [number, number])[];
  readonly deleted: readonly number[];
  readonly kind: "images" | "video";
  readonly fps: number | null;
}

export interface Welcome {
  readonly t: "welcome";
  readonly client: string;
  readonly protocol: number;
  readonly epoch: string;
  readonly revision: number;
  readonly task: { readonly id: number; readonly uid: string; readonly name: string; readonly mode: string };
  readonly job: {
    readonly id: number;
    readonly start: number;
    readonly stop: number;
    readonly type: string;
    readonly stage: string;
    readonly state: string;
  };
  readonly labels: readonly LabelSpec[];
  readonly frames: FrameFacts;
  readonly user: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly ids: readonly [first: number, last: number];
  readonly history: History;
  readonly read_only: boolean;
  readonly review: ReviewFacts;
  readonly kernel: { readonly ipykernel: string | null; readonly subshells: boolean };
  readonly demonstration: Demonstration | null;
}

/** A replay as the kernel last heard of it, or moved it. */
export interface ReplayState {
  readonly number: number;
  readonly steps: number;
  readonly playing: boolean;
  readonly speed: number;
  /** The view that moved it last; empty: Python did. */
  readonly by: string;
  readonly moved: boolean;
}

/** What there is to record, to replay, or to do for Python. */
export interface Demonstration {
  /** Whether the pointer is recorded. */
  readonly record: boolean;
  /** Number of the newest command. */
  readonly commands: number;
  readonly replay: ReplayState | null;
  /** Layers that Python draws over the picture; another version: they are to be drawn again. */
  readonly overlays?: { readonly names: readonly string[]; readonly version: number } | null;
}

export interface Commit {
  readonly t: "commit";
  readonly epoch: string;
  readonly revision: number;
  readonly client: string | null;
  readonly seq: number | null;
  readonly origin: string;
  readonly author: string;
  readonly label: string;
  readonly changes: Edit | null;
  readonly history: History | null;
}

export interface KernelError {
  readonly type: string;
  readonly message: string;
  readonly where?: string | null;
  readonly hint?: string | null;
  readonly trace?: string | null;
}

export interface Snapshot {
  readonly t: "snapshot";
  readonly client: string;
  readonly epoch: string;
  readonly revision: number;
  readonly count: number;
  readonly columns: readonly { readonly name: string; readonly dtype: string; readonly length: number }[];
  readonly strings: readonly string[];
  readonly history: History;
}

export type FromKernel =
  | Welcome
  | Commit
  | Snapshot
  | { readonly t: "stale"; readonly client: string; readonly message: string }
  | {
      readonly t: "reject";
      readonly client: string;
      readonly seq: number;
      readonly revision: number;
      readonly error: KernelError;
    }
  | {
      readonly t: "changes";
      readonly client: string;
      readonly epoch: string;
      readonly from: number;
      readonly commits: readonly Commit[];
    }
  | { readonly t: "pong"; readonly client: string; readonly n: number; readonly revision: number; readonly epoch: string }
  | { readonly t: "result"; readonly client: string; readonly id: number; readonly result: unknown }
  | { readonly t: "error"; readonly client: string; readonly id: number; readonly error: KernelError }
  | {
      readonly t: "progress";
      readonly client: string;
      readonly id: number;
      readonly value: number;
      readonly total: number;
      readonly text: string;
    }
  | { readonly t: "models" }
  | { readonly t: "frames"; readonly deleted: readonly number[] }
  | { readonly t: "labels" }
  | { readonly t: "demonstration"; readonly state: Demonstration | null }
  | ({ readonly t: "review" } & ReviewFacts)
  | { readonly t: "notice"; readonly level: "info" | "warning" | "error"; readonly text: string };

export type ToKernel =
  | { readonly t: "hello"; readonly client: string; readonly protocol: number; readonly bundle: string }
  | {
      readonly t: "op";
      readonly client: string;
      readonly seq: number;
      readonly base: number;
      readonly label: string;
      readonly changes: Edit;
    }
  | { readonly t: "sync"; readonly client: string; readonly epoch: string; readonly have: number }
  | {
      readonly t: "ping";
      readonly client: string;
      readonly n: number;
      readonly revision: number;
      /** How many views of the annotator the page shows. */
      readonly views: number;
    }
  | { readonly t: "nudge"; readonly client: string }
  | { readonly t: "rpc"; readonly client: string; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly t: "cancel"; readonly client: string; readonly id: number };

export type Handler = (message: FromKernel, buffers: readonly Uint8Array[]) => void;

/** What carries messages; a Jupyter comm in the notebook, something simpler in tests. */
export interface Transport {
  send(message: ToKernel, buffers?: readonly Uint8Array[]): void;
  onMessage(handler: Handler): () => void;
}

const TYPES: ReadonlySet<unknown> = new Set([
  "welcome",
  "stale",
  "commit",
  "reject",
  "changes",
  "snapshot",
  "pong",
  "result",
  "error",
  "progress",
  "frames",
  "labels",
  "demonstration",
  "models",
  "review",
  "notice",
]);

export function isFromKernel(message: unknown): message is FromKernel {
  return typeof message === "object" && message !== null && TYPES.has((message as { t?: unknown }).t);
}

/** A random name for this page; crypto.randomUUID is missing on plain-http hubs. */
export function newClientId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
