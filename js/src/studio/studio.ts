/** The task browser's hub: what is shown, what the kernel said, and how it is asked. Components talk to it and not to each other. */
import type { AnyModel } from "@anywidget/types";
import { type Signal, signal } from "@preact/signals";
import { type CallOptions, Link } from "../wire/link";
import { PROTOCOL_VERSION, type Transport } from "../wire/protocol";
import { messageOf } from "../words";
import type { Hello, JobRow, Kind, Page, ProjectDetails, ProjectRow, TaskDetails, TaskRow } from "./api";
import { initialList, type ListState, parseSort, requestOf, sortText, withPage } from "./list-state";
import { Previews } from "./previews";

/** Where one is. */
export type Place =
  | { readonly at: "lists" }
  | { readonly at: "task" | "project" | "job"; readonly id: number }
  | { readonly at: "new-task"; readonly project: number | null }
  | { readonly at: "new-project" };

/** What stands in front of the page. */
interface Titled {
  readonly id: number;
  readonly title: string;
}

export type DialogState =
  | (Titled & { readonly name: "export"; readonly of: "task" | "job" | "project"; readonly subsets?: readonly string[] })
  | (Titled & { readonly name: "backup"; readonly of: "task" | "project" })
  | (Titled & { readonly name: "import"; readonly of: "task" | "project" })
  | (Titled & { readonly name: "move" })
  | (Titled & { readonly name: "labels"; readonly of: "task" | "project" })
  | (Titled & { readonly name: "delete"; readonly of: "task" | "project"; readonly tasks?: number })
  | { readonly name: "restore"; readonly of: "task" | "project" };

export interface Toast {
  readonly id: number;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

export interface Loaded<T> {
  readonly data: T | null;
  readonly error: string | null;
}

type Row = TaskRow | JobRow | ProjectRow;
const NOTHING = { data: null, error: null };
const QUIET_MS = 400;
const TOAST_MS = 6000;

export const KINDS: readonly Kind[] = ["projects", "tasks", "jobs"];

export class Studio {
  readonly link: Link;
  readonly hello: Signal<Hello | null> = signal(null);
  /** Why nothing can be shown at all. */
  readonly broken: Signal<string | null> = signal(null);
  readonly place: Signal<Place> = signal({ at: "lists" });
  readonly tab: Signal<Kind> = signal("tasks");
  readonly lists: Signal<Readonly<Record<Kind, ListState>>> = signal({
    projects: initialList("projects"),
    tasks: initialList("tasks"),
    jobs: initialList("jobs"),
  });
  readonly page: Signal<Loaded<Page<Row>>> = signal(NOTHING);
  readonly loading = signal(false);
  readonly task: Signal<Loaded<TaskDetails>> = signal(NOTHING);
  readonly project: Signal<Loaded<ProjectDetails>> = signal(NOTHING);
  /** The tasks of the project that is open. */
  readonly projectTasks: Signal<ListState> = signal(initialList("tasks"));
  /** Model id of the annotator that is open. */
  readonly opened: Signal<string | null> = signal(null);
  readonly dialog: Signal<DialogState | null> = signal(null);
  readonly toasts: Signal<readonly Toast[]> = signal([]);
  readonly previews: Previews;
  private asking: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private toastId = 1;
  private readonly stops: (() => void)[] = [];

  constructor(
    readonly model: AnyModel,
    transport: Transport,
  ) {
    this.link = new Link(transport);
    this.previews = new Previews(this.link);
    this.link.on("notice", ({ level, text }) => this.say(level === "info" ? "info" : "error", text));
    this.readView();
    this.listen("change:_version", () => this.changed());
    this.listen("change:selection", () => this.follow());
    this.listen("change:view", () => {
      if (this.readView()) this.load();
    });
    this.listen("change:opened", () => this.readOpened());
    this.readOpened();
    this.follow();
    void this.start();
  }

  private listen(event: string, handler: () => void): void {
    this.model.on(event, handler);
    this.stops.push(() => this.model.off(event, handler));
  }

  private async start(): Promise<void> {
    try {
      const { result } = await this.link.call<Hello>("studio.hello");
      if (result.protocol !== PROTOCOL_VERSION) {
        this.broken.value =
          "This page runs another version of cvat-widgets than the kernel. Reload the page, restart the kernel, and run the cell again.";
        return;
      }
      this.hello.value = result;
      this.load();
    } catch (error) {
      this.broken.value = messageOf(error);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    for (const stop of this.stops) stop();
    this.asking?.abort();
    this.previews.close();
    this.link.close();
  }

  /* Asking */

  async ask<T>(method: string, params: unknown, options: CallOptions = {}): Promise<T> {
    const { result } = await this.link.call<T>(method, params, options);
    return result;
  }

  /** Make a change; a refusal is said, and null comes back. */
  async change<T>(method: string, params: unknown): Promise<T | null> {
    try {
      return await this.ask<T>(method, params);
    } catch (error) {
      this.say("error", messageOf(error));
      this.load(true);
      return null;
    }
  }

  say(level: Toast["level"], text: string): void {
    const id = this.toastId++;
    this.toasts.value = [...this.toasts.value.slice(-3), { id, level, text }];
    if (level === "info") setTimeout(() => this.unsay(id), TOAST_MS);
  }

  unsay(id: number): void {
    this.toasts.value = this.toasts.value.filter((each) => each.id !== id);
  }

  /* Loading */

  get list(): ListState {
    const { at } = this.place.peek();
    return at === "project" ? this.projectTasks.peek() : this.lists.peek()[this.tab.peek()];
  }

  setList(state: ListState): void {
    if (this.place.peek().at === "project") this.projectTasks.value = state;
    else {
      this.lists.value = { ...this.lists.peek(), [state.kind]: state };
      this.writeView();
    }
    this.load();
  }

  setTab(tab: Kind): void {
    this.place.value = { at: "lists" };
    this.writeSelection();
    if (this.tab.peek() !== tab) this.page.value = NOTHING;
    this.tab.value = tab;
    this.writeView();
    this.load();
  }

  /** Something in the store has changed; several changes at once are read once. */
  private changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(true), QUIET_MS);
  }

  /** Read what is shown anew; `quiet` keeps what is there until the answer comes. */
  async load(quiet = false): Promise<void> {
    const place = this.place.peek();
    if (!this.hello.peek() || place.at === "job" || place.at === "new-task" || place.at === "new-project") return;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    if (!quiet) this.loading.value = true;
    const { signal: stop } = asking;
    const parts: Promise<boolean>[] = [];
    if (place.at === "task") parts.push(this.read(this.task, "studio.task", { id: place.id }, stop));
    else {
      if (place.at === "project") parts.push(this.read(this.project, "studio.project", { id: place.id }, stop));
      const list = this.read(this.page, "studio.list", requestOf(this.list, this.hello.peek()?.user ?? ""), stop);
      parts.push(list);
      void list.then((read) => read && this.keepOnPages());
    }
    await Promise.all(parts);
    if (this.asking === asking) this.loading.value = false;
  }

  /** Others may have taken away all that was on the last page. */
  private keepOnPages(): void {
    const { data } = this.page.peek();
    if (data && data.rows.length === 0 && data.total > 0 && this.list.page > 0)
      this.setList(withPage(this.list, this.list.page, data.total));
  }

  /** Whether the answer came, and nothing else was asked meanwhile. */
  private async read<T>(target: Signal<Loaded<T>>, method: string, params: unknown, stop: AbortSignal): Promise<boolean> {
    try {
      const data = await this.ask<T>(method, params, { signal: stop });
      if (stop.aborted) return false;
      target.value = { data, error: null };
      return true;
    } catch (error) {
      if (!stop.aborted) target.value = { data: null, error: messageOf(error) };
      return false;
    }
  }

  /* Going */

  go(place: Place): void {
    if (place.at === "job") {
      void this.openJob(place.id);
      return;
    }
    if (place.at === "task") this.task.value = NOTHING;
    if (place.at === "project") {
      this.project.value = NOTHING;
      this.page.value = NOTHING;
      this.projectTasks.value = initialList("tasks", place.id);
    }
    if (place.at === "lists" && this.place.peek().at === "project") this.page.value = NOTHING;
    this.place.value = place;
    this.writeSelection();
    this.load();
  }

  /** To where one would expect to come out. */
  back(): void {
    const place = this.place.peek();
    const task = this.task.peek().data;
    if (place.at === "job") void this.change("studio.close", {});
    else if (place.at === "new-task" && place.project !== null) this.go({ at: "project", id: place.project });
    else if (place.at === "task" && task?.project_id && this.cameFrom === task.project_id)
      this.go({ at: "project", id: task.project_id });
    else this.go({ at: "lists" });
  }

  /** The project from whose page a task was opened. */
  cameFrom: number | null = null;

  openTask(id: number): void {
    const place = this.place.peek();
    this.cameFrom = place.at === "project" ? place.id : null;
    this.go({ at: "task", id });
  }

  async openJob(id: number): Promise<void> {
    await this.change("studio.open", { id });
  }

  /* Traits */

  private readOpened(): void {
    const reference = this.model.get("opened") as string | null;
    this.opened.value = reference ? String(reference).replace(/^IPY_MODEL_/, "") : null;
  }

  /** The kernel, or another view, went somewhere. */
  private follow(): void {
    const chosen = this.model.get("selection") as { kind?: string; id?: number };
    const present = this.place.peek();
    const at = chosen.kind;
    if ((at === "task" || at === "project" || at === "job") && typeof chosen.id === "number") {
      if (present.at === at && present.id === chosen.id) return;
      if (at === "job") this.place.value = { at, id: chosen.id };
      else this.go({ at, id: chosen.id });
    } else if (present.at === "task" || present.at === "project" || present.at === "job") {
      this.go({ at: "lists" });
    }
  }

  private writeSelection(): void {
    const place = this.place.peek();
    const shown = place.at === "task" || place.at === "project" || place.at === "job";
    this.write("selection", shown ? { kind: place.at, id: place.id } : {});
  }

  /** Take over the trait `view`; whether it was another. */
  private readView(): boolean {
    const view = this.model.get("view") as { tab?: Kind; search?: string; filter?: ListState["filter"]; sort?: string };
    const kind = view.tab && KINDS.includes(view.tab) ? view.tab : this.tab.peek();
    const present = this.lists.peek()[kind];
    const next: ListState = {
      ...present,
      search: view.search ?? "",
      filter: view.filter ?? null,
      quick: view.filter ? [] : present.quick,
      sort: parseSort(kind, view.sort ?? ""),
    };
    const same = this.tab.peek() === kind && JSON.stringify({ ...next, page: 0 }) === JSON.stringify({ ...present, page: 0 });
    if (same) return false;
    this.lists.value = { ...this.lists.peek(), [kind]: { ...next, page: 0 } };
    if (this.tab.peek() !== kind) this.page.value = NOTHING;
    this.tab.value = kind;
    return true;
  }

  private writeView(): void {
    const { search, filter, sort } = this.lists.peek()[this.tab.peek()];
    this.write("view", { tab: this.tab.peek(), search, filter, sort: sortText(sort) });
  }

  private write(name: string, value: unknown): void {
    if (JSON.stringify(this.model.get(name)) === JSON.stringify(value)) return;
    this.model.set(name, value);
    try {
      this.model.save_changes();
    } catch {
      // The kernel is gone; the connection says so.
    }
  }
}
