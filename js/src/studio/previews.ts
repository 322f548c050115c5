/** Small pictures of frames, asked for when they come into view and kept within bounds. */
import type { Link } from "../wire/link";

const MOST = 300;

export class Previews {
  private readonly urls = new Map<string, Promise<string>>();
  private readonly made = new Map<string, string>();

  constructor(private readonly link: Link) {}

  /** Address of a picture; `created` tells a task from an earlier one of the same id. */
  get(task: number, created: string, frame: number): Promise<string> {
    const key = `${task}:${created}:${frame}`;
    const found = this.urls.get(key);
    if (found) {
      this.urls.delete(key);
      this.urls.set(key, found);
      return found;
    }
    const url = this.fetch(key, task, frame);
    this.urls.set(key, url);
    url.catch(() => this.urls.delete(key)); // it may be there the next time
    this.shrink();
    return url;
  }

  private async fetch(key: string, task: number, frame: number): Promise<string> {
    const { result, buffers } = await this.link.call<{ mime: string }>("studio.preview", { task, frame });
    const [bytes] = buffers;
    if (!bytes) throw new Error("The kernel sent no picture.");
    const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: result.mime }));
    this.made.set(key, url);
    return url;
  }

  private shrink(): void {
    for (const key of this.urls.keys()) {
      if (this.urls.size <= MOST) return;
      this.urls.delete(key);
      this.drop(key);
    }
  }

  private drop(key: string): void {
    const url = this.made.get(key);
    if (url) URL.revokeObjectURL(url);
    this.made.delete(key);
  }

  close(): void {
    for (const key of [...this.made.keys()]) this.drop(key);
    this.urls.clear();
  }
}
