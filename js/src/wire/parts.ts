/** Files on their way to the kernel, in parts of the size that it asks for. */
import type { Link } from "./link";

export type Progress = (done: number, total: number) => void;

/** Whose methods `put` and `drop` take a file. */
export type Receiver = "dataset" | "studio.upload";

export interface Begun {
  /** How the kernel knows the file. */
  readonly token: string;
  readonly part: number;
}

/** Send a file; if that fails or is stopped, the kernel keeps nothing of it. */
export async function sendParts(
  link: Link,
  receiver: Receiver,
  { token, part }: Begun,
  data: Blob,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<void> {
  try {
    for (let offset = 0; offset < data.size; offset += part) {
      signal.throwIfAborted();
      onProgress(offset, data.size);
      const bytes = new Uint8Array(await data.slice(offset, offset + part).arrayBuffer());
      await link.call(`${receiver}.put`, { token, offset }, { buffers: [bytes], signal });
    }
    signal.throwIfAborted();
  } catch (error) {
    dropFile(link, receiver, token);
    throw error;
  }
  onProgress(data.size, data.size);
}

/** Have the kernel delete a file it was sent, or offered, unless it has a use for it by now. */
export function dropFile(link: Link, receiver: Receiver, token: string): void {
  link.call(`${receiver}.drop`, { token }).catch(() => undefined);
}
