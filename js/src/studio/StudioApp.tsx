/** The whole of the task browser. */
import { AnnotatorHost } from "./AnnotatorHost";
import type { Kind } from "./api";
import { StudioContext } from "./context";
import { ProjectPage, TaskPage } from "./Details";
import { Dialogs } from "./Dialogs";
import { ArrowLeft, FolderOpen, Plus, RefreshCw, X } from "./icons";
import { List } from "./Lists";
import { ProjectForm } from "./ProjectForm";
import { Button, IconButton } from "./parts";
import { KINDS, type Studio } from "./studio";
import { TaskForm } from "./TaskForm";

const TITLES: Readonly<Record<Kind, string>> = { projects: "Projects", tasks: "Tasks", jobs: "Jobs" };

export function StudioApp({ studio, height }: { studio: Studio; height: number }) {
  const opened = studio.opened.value;
  const broken = studio.broken.value ?? studio.link.reason.value;
  const hello = studio.hello.value;
  if (!hello) {
    return (
      <div class="cvw-root cvw-message" style={{ height: `${height}px` }} role="status">
        <h2>{broken ? "The task browser cannot start" : "Waiting for the kernel…"}</h2>
        <p class="cvw-muted">
          {broken ?? "If a cell is running, the lists appear when it ends. After a restart of the kernel, run the cell again."}
        </p>
      </div>
    );
  }
  return (
    <StudioContext.Provider value={studio}>
      {/* biome-ignore lint/a11y/useSemanticElements: it stands in a page of somebody else's */}
      <div
        class={opened ? "cvw-root cvs-open" : "cvw-root cvs-root"}
        style={opened ? { minHeight: `${height}px` } : { height: `${height}px` }}
        role="region"
        aria-label={`Projects, tasks and jobs of ${hello.store}`}
        data-lm-suppress-shortcuts="true"
        data-testid="studio"
        onDragOver={refuseFiles}
        onDrop={refuseFiles}
      >
        {opened ? (
          <AnnotatorHost key={opened} model={opened} />
        ) : (
          <>
            <Head studio={studio} />
            <Body studio={studio} />
            <Dialogs />
          </>
        )}
        {broken && (
          <p class="cvs-broken" role="alert">
            {broken}
          </p>
        )}
        <Toasts studio={studio} />
      </div>
    </StudioContext.Provider>
  );
}

/** A file that is dropped beside its place would be opened by the browser, instead of the notebook. */
function refuseFiles(event: DragEvent): void {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}

function Head({ studio }: { studio: Studio }) {
  const place = studio.place.value;
  const hello = studio.hello.value;
  const listed = place.at === "lists";
  const add = studio.tab.value === "projects" ? ({ at: "new-project" } as const) : ({ at: "new-task", project: null } as const);
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = KINDS[(KINDS.indexOf(studio.tab.peek()) + by + KINDS.length) % KINDS.length] as Kind;
    studio.setTab(next);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab=${next}]`)?.focus();
  };
  return (
    <div class="cvs-head">
      {!listed && <IconButton icon={ArrowLeft} label="Back" testId="studio-back" onClick={() => studio.back()} />}
      <div class="cvs-tabs" role="tablist" aria-label="Lists" onKeyDown={move}>
        {KINDS.map((kind) => {
          const on = studio.tab.value === kind;
          return (
            <button
              key={kind}
              type="button"
              role="tab"
              class="cvw-tab"
              data-tab={kind}
              aria-selected={on && listed}
              tabIndex={on ? 0 : -1}
              onClick={() => studio.setTab(kind)}
            >
              {TITLES[kind]}
            </button>
          );
        })}
      </div>
      <span class="cvw-spring" />
      <span
        class="cvw-muted cvw-ellipsis cvs-store"
        title={`${hello?.store}\n${
          hello?.security === "enforced"
            ? "The database enforces roles."
            : "Roles are advisory: whoever can open this store can change anything."
        }`}
      >
        {hello?.user} · {hello?.security === "enforced" ? "roles enforced" : "roles advisory"}
      </span>
      <IconButton icon={RefreshCw} label="Read again" onClick={() => studio.load(true)} />
      {listed && studio.tab.value !== "jobs" && (
        <IconButton
          icon={FolderOpen}
          label={`Make a ${studio.tab.value === "projects" ? "project" : "task"} from a backup`}
          onClick={() => {
            studio.dialog.value = { name: "restore", of: studio.tab.value === "projects" ? "project" : "task" };
          }}
        />
      )}
      {listed && studio.tab.value !== "jobs" && (
        <Button main testId="studio-new" onClick={() => studio.go(add)}>
          <Plus size={15} aria-hidden="true" /> {studio.tab.value === "projects" ? "New project" : "New task"}
        </Button>
      )}
    </div>
  );
}

function Body({ studio }: { studio: Studio }) {
  const place = studio.place.value;
  switch (place.at) {
    case "task":
      return (
        <div class="cvs-list-body">
          <TaskPage />
        </div>
      );
    case "project":
      return <ProjectPage />;
    case "new-task":
      return (
        <div class="cvs-list-body">
          <TaskForm project={place.project} />
        </div>
      );
    case "new-project":
      return (
        <div class="cvs-list-body">
          <ProjectForm />
        </div>
      );
    case "job":
      return <p class="cvw-empty">Opening job #{place.id}…</p>;
    default:
      return <List key={studio.tab.value} state={studio.lists.value[studio.tab.value]} />;
  }
}

function Toasts({ studio }: { studio: Studio }) {
  return (
    <div class="cvw-toasts cvs-toasts" aria-live="polite">
      {studio.toasts.value.map(({ id, level, text }) => (
        <div key={id} class={`cvw-toast cvw-toast-${level}`} role={level === "error" ? "alert" : "status"}>
          <span>{text}</span>
          <IconButton icon={X} label="Dismiss" onClick={() => studio.unsay(id)} />
        </div>
      ))}
    </div>
  );
}
