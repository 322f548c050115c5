/** Files of the user's own computer on their way to the kernel, as one stream; twin of cvat_widgets/widgets/studio_uploads.py. */
import type { Link } from "../wire/link";
import { type Begun, dropFile, type Progress, sendParts } from "../wire/parts";

/** What the files are for: the frames of a task, or one file to import. */
export type Purpose = "media" | "dataset";

export interface Uploaded {
  readonly token: string;
  readonly files: readonly File[];
  readonly bytes: number;
  /** What the kernel remarks: what was left out, or has another name. */
  readonly notes: readonly string[];
}

interface BegunFiles extends Begun {
  readonly taken: readonly number[];
  readonly notes: readonly string[];
}

const MOST_FILES = 20_000;

/** Send files to the kernel, which chooses those it can use. If it fails or is stopped, nothing of them stays there. */
export async function upload(
  link: Link,
  purpose: Purpose,
  files: readonly File[],
  signal: AbortSignal,
  onProgress: Progress,
): Promise<Uploaded> {
  if (files.length > MOST_FILES) throw new Error(`These are more than ${MOST_FILES.toLocaleString("en")} files.`);
  const facts = files.map(({ name, size }) => ({ name, size }));
  const { result } = await link.call<BegunFiles>("studio.upload.begin", { purpose, files: facts });
  const { token, taken, notes } = result;
  const chosen = taken.map((number) => files[number]).filter((file) => file !== undefined);
  // It only refers to the files: they are read part by part.
  const stream = new Blob(chosen);
  await sendParts(link, "studio.upload", result, stream, signal, onProgress);
  return { token, files: chosen, bytes: stream.size, notes };
}

export function drop(link: Link, token: string): void {
  dropFile(link, "studio.upload", token);
}

/** The files that were dropped, with those in folders. */
export async function droppedFiles(data: DataTransfer): Promise<readonly File[]> {
  // Both are empty once the event is over.
  const files = [...data.files];
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  if (!entries.some((entry) => entry.isDirectory)) return files;
  const found: File[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (found.length > MOST_FILES) return;
  if (entry.isFile) {
    found.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives about a hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await collect(each, found);
  }
}
