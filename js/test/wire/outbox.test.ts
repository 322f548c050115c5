import { describe, expect, it } from "vitest";
import type { PendingEdit } from "../../src/document/document";
import { Outbox, type Shelf } from "../../src/wire/outbox";

function shelf(): Shelf {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

const edit = (client: string, seq: number): PendingEdit => ({ client, seq, base: 0, label: "Move", changes: {} });

describe("the outbox", () => {
  it("gives the next page what this one could not send", () => {
    const place = shelf();
    new Outbox(place, "task", 1, "a").save([edit("a", 1), edit("a", 2)]);
    const next = new Outbox(place, "task", 1, "b");
    expect(next.load().map(({ seq }) => seq)).toEqual([1, 2]);
    expect(new Outbox(place, "task", 2, "b").load()).toEqual([]);
    // The next page has taken them over, and forgets them once they are on disk.
    next.save([edit("b", 1)]);
    expect(new Outbox(place, "task", 1, "c").load().map(({ client }) => client)).toEqual(["b"]);
  });

  it("leaves alone the edits of another annotator of the job on the same page", () => {
    const place = shelf();
    const [first, second] = [new Outbox(place, "task", 1, "a"), new Outbox(place, "task", 1, "b")];
    first.save([edit("a", 1)]);
    second.save([edit("b", 1)]);
    second.save([]);
    expect(new Outbox(place, "task", 1, "c").load()).toEqual([edit("a", 1)]);
    first.save([]);
    expect(new Outbox(place, "task", 1, "c").load()).toEqual([]);
  });

  it("survives what is no list of edits", () => {
    const place = shelf();
    place.setItem("cvw-outbox:task:1", "{broken");
    expect(new Outbox(place, "task", 1, "a").load()).toEqual([]);
  });
});
