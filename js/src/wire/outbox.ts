/** Edits that are not yet on disk, kept over a reload of the page. */
import type { PendingEdit } from "../document/document";

export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const LIMIT = 2_000_000;

/** The session storage of the page; a stand-in where the browser refuses it. */
export function sessionShelf(): Shelf {
  try {
    sessionStorage.setItem("cvw-probe", "1");
    sessionStorage.removeItem("cvw-probe");
    return sessionStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}

export class Outbox {
  private readonly key: string;
  /** Whose edits these are to keep and to forget: this page's, and those of earlier pages that it took over. */
  private readonly own = new Set<string>();

  constructor(
    private readonly shelf: Shelf,
    uid: string,
    job: number,
    client: string,
  ) {
    this.own.add(client);
    this.key = `cvw-outbox:${uid}:${job}`;
  }

  /** What an earlier page left behind. */
  load(): PendingEdit[] {
    const edits = this.read();
    for (const { client } of edits) this.own.add(client);
    return edits;
  }

  private read(): PendingEdit[] {
    try {
      const kept: unknown = JSON.parse(this.shelf.getItem(this.key) ?? "[]");
      return Array.isArray(kept) ? (kept as PendingEdit[]) : [];
    } catch {
      return [];
    }
  }

  save(edits: readonly PendingEdit[]): void {
    // Another annotator of the same job on this page has its edits here, too.
    const others = this.read().filter(({ client }) => !this.own.has(client));
    if (edits.length + others.length === 0) {
      this.shelf.removeItem(this.key);
      return;
    }
    const plain = edits.map(({ client, seq, base, label, changes }) => ({ client, seq, base, label, changes }));
    const text = JSON.stringify([...others, ...plain]);
    try {
      if (text.length < LIMIT) this.shelf.setItem(this.key, text);
    } catch {
      // The storage is full: the edits are still sent, only a reload before that would lose them.
    }
  }
}
