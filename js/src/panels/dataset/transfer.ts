/** Files between browser and kernel, in parts; twin of cvat_widgets/widgets/dataset_methods.py. */
import type { Link } from "../../wire/link";

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
}

export type Progress = (done: number, total: number) => void;

/** Send a file to the kernel; what it is called there. */
export async function upload(link: Link, file: File, signal: AbortSignal, onProgress: Progress): Promise<string> {
  const { result } = await link.call<{ token: string; part: number }>("dataset.begin", { name: file.name, size: file.size });
  const { token, part } = result;
  for (let offset = 0; offset < file.size; offset += part) {
    signal.throwIfAborted();
    onProgress(offset, file.size);
    const data = new Uint8Array(await file.slice(offset, offset + part).arrayBuffer());
    await link.call("dataset.put", { token, offset }, { buffers: [data], signal });
  }
  onProgress(file.size, file.size);
  return token;
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
  link.call("dataset.drop", { token }).catch(() => undefined);
}

/** Have the browser keep a file, as if it were a link that was clicked. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function sizeText(bytes: number): string {
  return bytes < 1 << 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
