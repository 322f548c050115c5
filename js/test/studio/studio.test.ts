import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sortedJobs } from "../../src/studio/JobsTable";
import { toggleQuick, withPage, withSearch } from "../../src/studio/list-state";
import { Studio } from "../../src/studio/studio";
import type { FromKernel, Handler, ToKernel, Transport } from "../../src/wire/protocol";

type Rpc = Extract<ToKernel, { t: "rpc" }>;

/** A kernel that answers when it is told to, and a model with the traits of the widget. */
class Fake {
  readonly asked: Rpc[] = [];
  readonly cancelled: number[] = [];
  readonly traits: Record<string, unknown> = {
    selection: {},
    view: { tab: "tasks", search: "", filter: null, sort: "-id" },
    opened: null,
  };
  private readonly handlers = new Set<Handler>();
  private readonly listeners = new Map<string, Set<() => void>>();
  saved = 0;

  readonly transport: Transport = {
    send: (message) => {
      if (message.t === "rpc") this.asked.push(message);
      if (message.t === "cancel") this.cancelled.push(message.id);
    },
    onMessage: (handler) => {
      this.handlers.add(handler);
      return () => this.handlers.delete(handler);
    },
  };

  readonly model = {
    get: (name: string) => this.traits[name],
    set: (name: string, value: unknown) => {
      this.traits[name] = value;
    },
    save_changes: () => {
      this.saved++;
    },
    on: (event: string, handler: () => void) => {
      this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(handler));
    },
    off: (event: string, handler: () => void) => this.listeners.get(event)?.delete(handler),
  } as unknown as AnyModel;

  /** The kernel sets a trait. */
  trait(name: string, value: unknown): void {
    this.traits[name] = value;
    for (const handler of this.listeners.get(`change:${name}`) ?? []) handler();
  }

  last(method: string): Rpc {
    const found = this.asked.filter((each) => each.method === method).at(-1);
    if (!found) throw new Error(`${method} was not asked`);
    return found;
  }

  async answer(message: Rpc, result: unknown): Promise<void> {
    this.say({ t: "result", client: message.client, id: message.id, result });
    await settled();
  }

  async refuse(message: Rpc, text: string): Promise<void> {
    this.say({ t: "error", client: message.client, id: message.id, error: { type: "StoreError", message: text } });
    await settled();
  }

  private say(message: FromKernel): void {
    for (const handler of this.handlers) handler(message, []);
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

const HELLO = {
  protocol: 1,
  user: "ann",
  store: "s",
  security: "advisory",
  folder: "/",
  stages: [],
  states: [],
  label_types: [],
};
let fake: Fake;
let studio: Studio;

async function started(): Promise<void> {
  studio = new Studio(fake.model, fake.transport);
  await fake.answer(fake.last("studio.hello"), HELLO);
}

beforeEach(() => {
  vi.useFakeTimers();
  fake = new Fake();
});
afterEach(() => {
  studio.close();
  vi.useRealTimers();
});

describe("the hub of the task browser", () => {
  it("asks for the first page of what the trait says", async () => {
    fake.traits.view = { tab: "jobs", search: "noon", filter: null, sort: "state,-id" };
    await started();
    expect(fake.last("studio.list").params).toMatchObject({ kind: "jobs", search: "noon", sort: "state,-id", offset: 0 });
    await fake.answer(fake.last("studio.list"), { rows: [], total: 0 });
    expect(studio.page.value).toEqual({ data: { rows: [], total: 0 }, error: null });
    expect(studio.loading.value).toBe(false);
  });

  it("shows the answer to the last question only, and takes the others back", async () => {
    await started();
    const first = fake.last("studio.list");
    studio.setList(withSearch(studio.list, "b"));
    const second = fake.last("studio.list");
    expect(fake.cancelled).toContain(first.id);
    await fake.answer(second, { rows: [], total: 2 });
    await fake.answer(first, { rows: [], total: 1 });
    expect(studio.page.value.data?.total).toBe(2);
    expect(fake.traits.view).toMatchObject({ search: "b" });
  });

  it("says why a list cannot be read, and reads it again when asked", async () => {
    await started();
    await fake.refuse(fake.last("studio.list"), "the disk is gone");
    expect(studio.page.value).toEqual({ data: null, error: "the disk is gone" });
    studio.load();
    await fake.answer(fake.last("studio.list"), { rows: [], total: 0 });
    expect(studio.page.value.error).toBeNull();
  });

  it("reads once after a burst of changes, and keeps what is shown until then", async () => {
    await started();
    await fake.answer(fake.last("studio.list"), { rows: [], total: 5 });
    const before = fake.asked.length;
    for (let version = 1; version <= 5; version++) fake.trait("_version", version);
    expect(fake.asked.length).toBe(before);
    vi.advanceTimersByTime(1000);
    expect(fake.asked.length).toBe(before + 1);
    expect(studio.page.value.data?.total).toBe(5);
    expect(studio.loading.value).toBe(false);
  });

  it("turns back when others took away the last page", async () => {
    await started();
    studio.setList(withPage(studio.list, 3, 80));
    expect(fake.last("studio.list").params).toMatchObject({ offset: 60 });
    await fake.answer(fake.last("studio.list"), { rows: [], total: 41 });
    expect(fake.last("studio.list").params).toMatchObject({ offset: 40 });
  });

  it("keeps search, filter and page of each list while one looks at another", async () => {
    await started();
    studio.setList(toggleQuick(withSearch(studio.list, "noon"), "Owned by me"));
    studio.setTab("jobs");
    expect(fake.last("studio.list").params).toMatchObject({ kind: "jobs", search: "", filter: null });
    studio.setTab("tasks");
    expect(fake.last("studio.list").params).toMatchObject({
      kind: "tasks",
      search: "noon",
      filter: { and: [{ "==": [{ var: "owner" }, "ann"] }] },
    });
  });

  it("follows the trait selection, tells it, and does not echo", async () => {
    await started();
    studio.openTask(3);
    expect(fake.traits.selection).toEqual({ kind: "task", id: 3 });
    const saved = fake.saved;
    fake.trait("selection", { kind: "task", id: 3 });
    expect(fake.saved).toBe(saved);
    fake.trait("selection", { kind: "project", id: 4 });
    expect(studio.place.value).toEqual({ at: "project", id: 4 });
    expect(fake.last("studio.list").params).toMatchObject({ kind: "tasks", project: 4 });
    fake.trait("selection", {});
    expect(studio.place.value).toEqual({ at: "lists" });
  });

  it("goes back to where one came from", async () => {
    await started();
    studio.go({ at: "project", id: 4 });
    studio.openTask(3);
    await fake.answer(fake.last("studio.task"), { id: 3, project_id: 4 });
    studio.back();
    expect(studio.place.value).toEqual({ at: "project", id: 4 });
    studio.setTab("tasks");
    studio.openTask(3);
    await fake.answer(fake.last("studio.task"), { id: 3, project_id: 4 });
    studio.back();
    expect(studio.place.value).toEqual({ at: "lists" });
  });

  it("leaves a job by way of the kernel, which says where one is then", async () => {
    await started();
    void studio.openJob(9);
    await fake.answer(fake.last("studio.open"), {});
    fake.trait("opened", "IPY_MODEL_abc");
    fake.trait("selection", { kind: "job", id: 9 });
    expect([studio.opened.value, studio.place.value]).toEqual(["abc", { at: "job", id: 9 }]);
    const before = fake.asked.length;
    fake.trait("_version", 2);
    vi.advanceTimersByTime(1000);
    expect(fake.asked.length).toBe(before); // behind the annotator nothing is read
    studio.back();
    await fake.answer(fake.last("studio.close"), {});
    fake.trait("opened", null);
    fake.trait("selection", { kind: "task", id: 2 });
    expect(fake.last("studio.task").params).toEqual({ id: 2 });
  });

  it("says a refusal and reads what is there", async () => {
    await started();
    const done = studio.change("studio.job.update", { id: 1, stage: "x" });
    await fake.refuse(fake.last("studio.job.update"), "not yours");
    expect(await done).toBeNull();
    expect(studio.toasts.value.map(({ level, text }) => [level, text])).toEqual([["error", "not yours"]]);
  });

  it("does not work with another version of itself", async () => {
    studio = new Studio(fake.model, fake.transport);
    await fake.answer(fake.last("studio.hello"), { ...HELLO, protocol: 99 });
    expect(studio.broken.value).toContain("Reload the page");
    expect(fake.asked.some(({ method }) => method === "studio.list")).toBe(false);
  });
});

describe("the jobs of a task", () => {
  it("are sorted by a column, and stay in order where it is equal", () => {
    const job = (id: number, state: string, assignee: string | null) => ({ id, state, assignee }) as never;
    const jobs = [job(1, "new", "bob"), job(2, "completed", null), job(3, "new", "ann")] as const;
    const ids = (by: "state" | "assignee", down: boolean) => sortedJobs(jobs, by, down).map(({ id }) => id);
    expect(ids("state", false)).toEqual([2, 1, 3]);
    expect(ids("assignee", false)).toEqual([2, 3, 1]);
    expect(ids("assignee", true)).toEqual([1, 3, 2]);
  });
});
