import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AnnotationRecord, ShapeRecord } from "../../src/document/records";
import { Link } from "../../src/wire/link";
import type { Shelf } from "../../src/wire/outbox";
import { Sync } from "../../src/wire/sync";
import { FakeKernel } from "../fake-kernel";

function memoryShelf(): Shelf & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

function box(id: number, frame = 0): ShapeRecord {
  const flags = { rotation: 0, occluded: false, outside: false, z_order: 0, group: 0, score: 1 };
  return {
    kind: "shape",
    id,
    frame,
    label: 1,
    type: "rectangle",
    points: [0, 0, 5, 5],
    source: "manual",
    attributes: {},
    elements: [],
    ...flags,
  };
}

const contents = (records: Iterable<AnnotationRecord>) => [...records].sort((a, b) => a.id - b.id);

function page(kernel: FakeKernel, shelf: Shelf = memoryShelf()) {
  const notices: string[] = [];
  const link = new Link(kernel.transport());
  const sync = new Sync(link, { bundle: "test", shelf, onNotice: (_level, text) => notices.push(text) });
  return {
    link,
    sync,
    document: sync.document,
    notices,
    close: () => {
      sync.dispose();
      link.close();
    },
  };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Let timers, promises and the kernel go on for a while. */
async function settle(kernel: FakeKernel, ms = 200): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await vi.advanceTimersByTimeAsync(100);
    kernel.work();
  }
}

describe("sync", () => {
  it("draws at once, and is saved when the kernel says so", async () => {
    const kernel = new FakeKernel();
    const { document, close } = page(kernel);
    await settle(kernel);
    kernel.busy = true;
    document.apply("Draw", { added: [box(document.nextId())] });
    expect(document.count).toBe(1);
    expect(document.pendingCount.value).toBe(1);
    kernel.busy = false;
    await settle(kernel);
    expect(document.pendingCount.value).toBe(0);
    expect(contents(kernel.records.values())).toEqual(contents(document.all()));
    close();
  });

  it("says that it waits while the kernel is busy, and that it is ready after", async () => {
    const kernel = new FakeKernel();
    const { document, link, close } = page(kernel);
    await settle(kernel);
    expect(link.status.value).toBe("ready");
    kernel.busy = true;
    document.apply("Draw", { added: [box(document.nextId())] });
    await settle(kernel, 2500);
    expect(link.status.value).toBe("waiting");
    kernel.busy = false;
    await settle(kernel, 600);
    expect(link.status.value).toBe("ready");
    close();
  });

  it("takes back what the kernel refuses, and says so", async () => {
    const kernel = new FakeKernel();
    const { document, notices, close } = page(kernel);
    await settle(kernel);
    kernel.reject.add("Draw");
    document.apply("Draw", { added: [box(document.nextId())] });
    await settle(kernel);
    expect(document.count).toBe(0);
    expect(notices).toEqual(["Draw was not saved. Somebody else changed it."]);
    close();
  });

  it("keeps unsaved edits over a reload and sends them under their old name", async () => {
    const kernel = new FakeKernel();
    const shelf = memoryShelf();
    const first = page(kernel, shelf);
    await settle(kernel);
    kernel.busy = true;
    first.document.apply("Draw", { added: [box(first.document.nextId())] });
    await settle(kernel);
    expect(shelf.kept.size).toBe(1);
    first.close();
    kernel.busy = false;
    const second = page(kernel, shelf);
    await settle(kernel, 600);
    expect(second.document.count).toBe(1);
    expect(kernel.records.size).toBe(1);
    expect(kernel.log[0]?.client).toBe(first.link.clientId);
    expect(shelf.kept.size).toBe(0);
    second.close();
  });

  it("leaves unsaved edits alone where a page may only look", async () => {
    const kernel = new FakeKernel();
    const shelf = memoryShelf();
    const annotator = page(kernel, shelf);
    await settle(kernel);
    kernel.busy = true;
    annotator.document.apply("Draw", { added: [box(annotator.document.nextId())] });
    await settle(kernel);
    annotator.close();
    kernel.busy = false;
    kernel.readOnly = true;
    const viewer = page(kernel, shelf);
    await settle(kernel, 600);
    // It waits for the annotator, who learns then that the kernel has it.
    expect(shelf.kept.size).toBe(1);
    viewer.close();
  });

  it("is lost, and says why, when the wire breaks", async () => {
    const kernel = new FakeKernel();
    const transport = kernel.transport();
    let broken = false;
    const link = new Link({
      ...transport,
      send: (message) => {
        if (broken) throw new Error("Cannot send");
        transport.send(message);
      },
    });
    const sync = new Sync(link, { bundle: "test", shelf: memoryShelf() });
    await settle(kernel);
    broken = true;
    sync.document.apply("Draw", { added: [box(sync.document.nextId())] });
    await settle(kernel, 2500);
    expect(link.status.value).toBe("lost");
    expect(link.reason.value).toContain("Run the cell again");
    expect(sync.document.pendingCount.value).toBe(1);
    sync.dispose();
    link.close();
  });

  it("ends equal on both pages, whatever is lost or doubled", async () => {
    const step = fc.record({ page: fc.nat(1), kind: fc.nat(9), pick: fc.nat(50), value: fc.nat(5), work: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer(), async (steps, seed) => {
        let state = seed >>> 0;
        const random = (): number => {
          state = (state * 1664525 + 1013904223) >>> 0;
          return state / 2 ** 32;
        };
        const kernel = new FakeKernel(random);
        const pages = [page(kernel), page(kernel)];
        await settle(kernel);
        kernel.loss = 0.3;
        kernel.doubled = true;
        for (const { page: which, kind, pick, value, work } of steps) {
          const { document } = pages[which] as (typeof pages)[number];
          const shown = contents(document.all());
          const target = shown[pick % Math.max(1, shown.length)];
          if (kind < 5 || !target) {
            if (document.idsLeft > 0) document.apply("Draw", { added: [box(document.nextId(), value)] });
          } else if (kind < 8) document.apply("Group", { updated: { [target.id]: { group: [target.group, value] } } });
          else if (kind < 9) document.apply("Delete", { removed: [target.id] });
          else kernel.edit({ added: [box(100_000 + kernel.revision, value)] });
          if (work) await settle(kernel);
        }
        await settle(kernel, 20_000);
        kernel.loss = 0;
        await settle(kernel, 12_000);
        for (const { document, close } of pages) {
          expect(document.pendingCount.value).toBe(0);
          expect(document.revision.value).toBe(kernel.revision);
          expect(contents(document.all())).toEqual(contents(kernel.records.values()));
          close();
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
