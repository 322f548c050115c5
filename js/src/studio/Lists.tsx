/** The lists: rows of tasks, tiles of jobs and projects, and turning pages. */
import type { ComponentChildren } from "preact";
import type { JobRow, Kind, Page, ProjectRow, TaskRow } from "./api";
import { useStudio } from "./context";
import { ChevronLeft, ChevronRight, EllipsisVertical, ListChecks, Plus, RefreshCw } from "./icons";
import { ListBar, NothingFound } from "./ListBar";
import { isNarrowed, type ListState, pageCount, range, withPage } from "./list-state";
import { Menu, type MenuItem, trackerItem } from "./Menu";
import { Badge, Button, IconButton, Labels, Preview, Progress, Tracker, When } from "./parts";
import type { Studio } from "./studio";

const SHOWN_LABELS = 8;

export function List({ state, head }: { state: ListState; head?: ComponentChildren }) {
  const studio = useStudio();
  const { data, error } = studio.page.value;
  return (
    <>
      {!head && <ListBar state={state} />}
      <div class="cvs-list-body" aria-busy={studio.loading.value}>
        {head}
        {head && <ListBar state={state} />}
        {error !== null && (
          <div class="cvs-nothing" role="alert">
            <p>{error}</p>
            <Button onClick={() => studio.load()}>
              <RefreshCw size={15} aria-hidden="true" /> Try again
            </Button>
          </div>
        )}
        {!data && error === null && <p class="cvw-empty">Loading…</p>}
        {data && <Rows state={state} page={data} />}
      </div>
      {data && data.total > 0 && <Pager state={state} total={data.total} />}
    </>
  );
}

function Rows({ state, page }: { state: ListState; page: Page<TaskRow | JobRow | ProjectRow> }) {
  if (page.rows.length === 0 && isNarrowed(state)) return <NothingFound state={state} />;
  if (page.rows.length === 0) return <Nothing kind={state.kind} />;
  if (state.kind === "tasks")
    return (
      <ul class="cvs-rows" aria-label="Tasks">
        {(page.rows as readonly TaskRow[]).map((row) => (
          <TaskItem key={row.id} row={row} />
        ))}
      </ul>
    );
  return (
    <ul class="cvs-tiles" aria-label={state.kind === "jobs" ? "Jobs" : "Projects"}>
      {state.kind === "jobs"
        ? (page.rows as readonly JobRow[]).map((row) => <JobTile key={row.id} row={row} />)
        : (page.rows as readonly ProjectRow[]).map((row) => <ProjectTile key={row.id} row={row} />)}
    </ul>
  );
}

function Nothing({ kind }: { kind: Kind }) {
  const studio = useStudio();
  const place = studio.place.value;
  const words = {
    tasks: "A task is pictures or a video with labels, cut into jobs.",
    jobs: "Jobs come with tasks: each is the part that one person annotates.",
    projects: "A project gives its labels to all its tasks.",
  };
  const made = kind === "projects" ? "project" : "task";
  return (
    <div class="cvs-nothing" data-testid="empty">
      <ListChecks size={34} strokeWidth={1.25} aria-hidden="true" />
      <h2>No {kind} yet</h2>
      <p class="cvw-muted">{words[kind]}</p>
      <Button
        main
        onClick={() =>
          studio.go(
            made === "project" ? { at: "new-project" } : { at: "new-task", project: place.at === "project" ? place.id : null },
          )
        }
      >
        <Plus size={15} aria-hidden="true" /> Create a {made}
      </Button>
    </div>
  );
}

function Pager({ state, total }: { state: ListState; total: number }) {
  const studio = useStudio();
  const turn = (by: number): void => studio.setList(withPage(state, state.page + by, total));
  const pages = pageCount(total);
  return (
    <nav class="cvs-pager" aria-label="Pages">
      <span class="cvw-muted" data-testid="range" role="status">
        {range(state, total)}
      </span>
      <span class="cvw-spring" />
      <IconButton icon={ChevronLeft} label="Previous page" disabled={state.page === 0} onClick={() => turn(-1)} />
      <label class="cvs-pager-field">
        <span class="cvw-muted">Page</span>
        <input
          class="cvw-field"
          type="number"
          min={1}
          max={pages}
          aria-label="Page"
          value={state.page + 1}
          onChange={({ currentTarget }) => {
            const wanted = Math.round(currentTarget.valueAsNumber) || 1;
            const next = withPage(state, wanted - 1, total);
            currentTarget.value = String(next.page + 1);
            studio.setList(next);
          }}
        />
        <span class="cvw-muted">of {pages.toLocaleString("en")}</span>
      </label>
      <IconButton icon={ChevronRight} label="Next page" disabled={state.page >= pages - 1} onClick={() => turn(1)} />
    </nav>
  );
}

/* Rows and tiles */

export function taskMenu(studio: Studio, row: Pick<TaskRow, "id" | "name" | "bug_tracker">): readonly MenuItem[] {
  const { id, name: title } = row;
  const write = (name: "export" | "backup") => (): void => {
    studio.dialog.value = { name, of: "task", id, title };
  };
  return [
    { label: "Export dataset…", run: write("export") },
    {
      label: "Import annotations…",
      run: () => {
        studio.dialog.value = { name: "import", of: "task", id, title };
      },
    },
    { label: "Back up…", run: write("backup") },
    {
      label: "Move to project…",
      run: () => {
        studio.dialog.value = { name: "move", id, title };
      },
    },
    ...trackerItem(row.bug_tracker),
    {
      label: "Delete…",
      danger: true,
      run: () => {
        studio.dialog.value = { name: "delete", of: "task", id, title };
      },
    },
  ];
}

function TaskItem({ row }: { row: TaskRow }) {
  const studio = useStudio();
  const place = studio.place.value;
  return (
    <li class="cvs-task" data-testid={`task-${row.id}`}>
      <Preview task={row.id} created={row.created} frame={0} video={row.kind === "video"} />
      <div class="cvs-task-main">
        <div class="cvs-task-head">
          <button type="button" class="cvs-title" onClick={() => studio.openTask(row.id)}>
            {row.name}
          </button>
          {row.subset && <span class="cvs-badge">{row.subset}</span>}
        </div>
        <p class="cvs-facts">
          <span>#{row.id}</span>
          <span>
            {row.size.toLocaleString("en")} {row.size === 1 ? "frame" : "frames"}
            {row.kind === "video" ? ", video" : ""}
          </span>
          {row.project_id !== null && place.at !== "project" && (
            <button
              type="button"
              class="cvw-link"
              onClick={() => row.project_id !== null && studio.go({ at: "project", id: row.project_id })}
            >
              {row.project}
            </button>
          )}
          <Tracker link={row.bug_tracker} />
        </p>
        <Labels labels={row.labels.slice(0, SHOWN_LABELS)} count={row.label_count} />
      </div>
      <div class="cvs-task-state">
        <Badge value={row.status} title="Status" />
        <Progress counts={row} />
        <p class="cvs-facts">
          <span>{row.assignee ? `assigned to ${row.assignee}` : "not assigned"}</span>
          {row.owner && <span>by {row.owner}</span>}
          <When moment={row.updated} word="updated" />
        </p>
      </div>
      <Menu icon={EllipsisVertical} label={`Actions of ${row.name}`} items={taskMenu(studio, row)} />
    </li>
  );
}

function JobTile({ row }: { row: JobRow }) {
  const studio = useStudio();
  const items: MenuItem[] = [
    { label: "Go to the task", run: () => studio.openTask(row.task_id) },
    ...(row.project_id === null
      ? []
      : [{ label: "Go to the project", run: () => studio.go({ at: "project", id: row.project_id as number }) }]),
    ...trackerItem(row.bug_tracker),
    {
      label: "Export annotations…",
      run: () => {
        studio.dialog.value = { name: "export", of: "job", id: row.id, title: `job ${row.id}` };
      },
    },
  ];
  return (
    <li class="cvs-tile" data-testid={`job-${row.id}`}>
      <button
        type="button"
        class="cvs-tile-open"
        aria-label={`Open job ${row.id} of ${row.task}`}
        onClick={() => studio.openJob(row.id)}
      >
        <Preview task={row.task_id} created={row.created} frame={row.start} video={row.mode === "interpolation"} />
        <span class="cvs-tile-corner">{row.dimension.toUpperCase()}</span>
      </button>
      <div class="cvs-tile-body">
        <div class="cvs-task-head">
          <strong>Job #{row.id}</strong>
          {row.type !== "annotation" && <span class="cvs-badge">{row.type.replace("_", " ")}</span>}
          <span class="cvw-spring" />
          <Menu icon={EllipsisVertical} label={`Actions of job ${row.id}`} items={items} />
        </div>
        <p class="cvw-ellipsis" title={row.task}>
          {row.task}
        </p>
        <p class="cvs-badges">
          <Badge value={row.stage} title="Stage" />
          <Badge value={row.state} title="State" />
        </p>
        <p class="cvs-facts">
          <span>
            frames {row.start}–{row.stop}
          </span>
          <span>{row.assignee ? `assigned to ${row.assignee}` : "not assigned"}</span>
          <When moment={row.updated} />
        </p>
      </div>
    </li>
  );
}

export function projectMenu(studio: Studio, row: ProjectRow): readonly MenuItem[] {
  const { id, name: title } = row;
  return [
    { label: "Create a task in it…", run: () => studio.go({ at: "new-task", project: id }) },
    {
      label: "Export dataset…",
      run: () => {
        studio.dialog.value = { name: "export", of: "project", id, title, subsets: row.subsets };
      },
    },
    {
      label: "Import dataset…",
      run: () => {
        studio.dialog.value = { name: "import", of: "project", id, title };
      },
    },
    {
      label: "Back up…",
      run: () => {
        studio.dialog.value = { name: "backup", of: "project", id, title };
      },
    },
    ...trackerItem(row.bug_tracker),
    {
      label: "Delete…",
      danger: true,
      run: () => {
        studio.dialog.value = { name: "delete", of: "project", id, title, tasks: row.tasks };
      },
    },
  ];
}

function ProjectTile({ row }: { row: ProjectRow }) {
  const studio = useStudio();
  const labels = row.labels.map(({ name, color }) => ({ name, color: color ?? "#888888" }));
  const open = (): void => studio.go({ at: "project", id: row.id });
  return (
    <li class="cvs-tile" data-testid={`project-${row.id}`}>
      <button type="button" class="cvs-tile-open" aria-label={`Open project ${row.name}`} onClick={open}>
        <Preview task={row.first_task} created={row.created} frame={0} video={false} />
      </button>
      <div class="cvs-tile-body">
        <div class="cvs-task-head">
          <button type="button" class="cvs-title" onClick={open}>
            {row.name}
          </button>
          <span class="cvw-spring" />
          <Menu icon={EllipsisVertical} label={`Actions of ${row.name}`} items={projectMenu(studio, row)} />
        </div>
        <p class="cvs-facts">
          <span>
            {row.tasks} {row.tasks === 1 ? "task" : "tasks"}
          </span>
          <span>{row.frames.toLocaleString("en")} frames</span>
          {row.subsets.length > 0 && <span>{row.subsets.join(", ")}</span>}
        </p>
        {row.jobs > 0 && <Progress counts={row} />}
        <Labels labels={labels.slice(0, 5)} count={labels.length} />
        <p class="cvs-facts">
          {row.assignee && <span>assigned to {row.assignee}</span>}
          {row.owner && <span>by {row.owner}</span>}
          <When moment={row.updated} word="updated" />
        </p>
      </div>
    </li>
  );
}
