/** Files between browser and kernel, in parts; twin of cvat_widgets/widgets/dataset_methods.py. */
import type { Link } from "../../wire/link";
import { type Begun, dropFile, type Progress, sendParts } from "../../wire/parts";

export interface Formats {
  readonly formats: readonly string[];
  readonly usual: string | null;
  /** Where the kernel works. */
  readonly folder: string;
  /** What a file of this job is called. */
  readonly name: string;
}

export type Errors = Readonly<Record<string, string>>;

export interface Exported {
  readonly errors: Errors;
  readonly path?: string;
  readonly size?: number;
  /** Under which the browser fetches the file. */
  readonly token?: string;
  readonly exists?: boolean;
  readonly losses?: string;
}

export interface Imported {
  readonly errors: Errors;
  readonly objects?: number;
  readonly left_out?: number;
  /** Sentences on what else was left out. */
  readonly told?: readonly string[];
}

/** Send a file to the kernel; what it is called there. */
export async function upload(link: Link, file: File, signal: AbortSignal, onProgress: Progress): Promise<string> {
  const { result } = await link.call<Begun>("dataset.begin", { name: file.name, size: file.size });
  await sendParts(link, "dataset", result, file, signal, onProgress);
  return result.token;
}

/** Fetch a file of the kernel's. */
export async function download(
  link: Link,
  token: string,
  size: number,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  while (done < size) {
    signal.throwIfAborted();
    onProgress(done, size);
    const { buffers } = await link.call("dataset.part", { token, offset: done }, { large: true, signal });
    const part = buffers[0] as Uint8Array<ArrayBuffer> | undefined;
    if (!part?.byteLength) throw new Error("The file did not arrive as a whole. Export it once more.");
    parts.push(part);
    done += part.byteLength;
  }
  drop(link, token);
  return new Blob(parts, { type: "application/octet-stream" });
}

export function drop(link: Link, token: string): void {
  dropFile(link, "dataset", token);
}
