/** The page of a task and the page of a project. */
import type { ComponentChildren } from "preact";
import type { ProjectDetails, RawLabel, TaskDetails } from "./api";
import { useStudio } from "./context";
import { Guide } from "./Guide";
import { EllipsisVertical, Plus } from "./icons";
import { JobsTable } from "./JobsTable";
import { List, projectMenu, taskMenu } from "./Lists";
import { Menu } from "./Menu";
import { Badge, Button, Labels, People, Preview, Progress, SavedText, Tracker, When } from "./parts";
import type { Loaded } from "./studio";

const SUBSETS = ["train", "validation", "test"];

function chips(labels: readonly RawLabel[]) {
  return labels.map(({ name, color }) => ({ name, color: color ?? "#888888" }));
}

function Property({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <div class={`cvs-property${wide ? " cvs-property-wide" : ""}`}>
      <span class="cvw-muted">{title}</span>
      {children}
    </div>
  );
}

function Missing({ loaded }: { loaded: Loaded<unknown> }) {
  const studio = useStudio();
  if (loaded.error === null) return <p class="cvw-empty">Loading…</p>;
  return (
    <div class="cvs-nothing" role="alert">
      <p>{loaded.error}</p>
      <Button onClick={() => studio.go({ at: "lists" })}>Back to the lists</Button>
    </div>
  );
}

export function TaskPage() {
  const studio = useStudio();
  const loaded = studio.task.value;
  const task = loaded.data;
  if (!task) return <Missing loaded={loaded} />;
  return (
    <div class="cvs-page" data-testid="task-page">
      <TaskHead task={task} />
      <Guide of={{ kind: "task", id: task.id }} details={task} />
      <JobsTable task={task} />
    </div>
  );
}

function TaskHead({ task }: { task: TaskDetails }) {
  const studio = useStudio();
  const change = (part: Readonly<Record<string, string>>): Promise<void> =>
    studio.change("studio.task.update", { id: task.id, ...part }).then(() => studio.load(true));
  const next = task.jobs_list.find((job) => job.type === "annotation" && job.state !== "completed") ?? task.jobs_list[0];
  const people = `task-people-${task.id}`;
  return (
    <section class="cvs-details" aria-label={`Task ${task.name}`}>
      <Preview task={task.id} created={task.created} frame={0} video={task.kind === "video"} />
      <div class="cvs-details-main">
        <div class="cvs-section-head">
          <SavedText title label="Name of the task" value={task.name} testId="task-name" onSave={(name) => change({ name })} />
          <Menu icon={EllipsisVertical} label={`Actions of ${task.name}`} items={taskMenu(studio, task)} />
        </div>
        <p class="cvs-facts">
          <span>Task #{task.id}</span>
          <span>
            {task.size.toLocaleString("en")} {task.size === 1 ? "frame" : "frames"}
            {task.kind === "video" ? `, video${task.fps ? ` of ${Number(task.fps.toFixed(2))} fps` : ""}` : ""}
          </span>
          {task.overlap > 0 && <span>overlap {task.overlap}</span>}
          <span>by {task.owner ?? "nobody known"}</span>
          <When moment={task.created} word="created" />
          <When moment={task.updated} word="updated" />
        </p>
        {task.source && (
          <p class="cvw-muted cvw-ellipsis" title={task.source}>
            {task.source}
          </p>
        )}
        <p class="cvs-badges">
          <Badge value={task.status} title="Status" />
          <Progress counts={task} />
        </p>
        <div class="cvs-properties">
          <Property title="Project">
            <span class="cvs-badges">
              {task.project_id === null ? (
                <span>none</span>
              ) : (
                <button
                  type="button"
                  class="cvw-link"
                  onClick={() => task.project_id !== null && studio.go({ at: "project", id: task.project_id })}
                >
                  {task.project}
                </button>
              )}
            </span>
          </Property>
          <Property title="Assigned to">
            <SavedText
              label="Assignee of the task"
              placeholder="nobody"
              list={people}
              value={task.assignee ?? ""}
              onSave={(assignee) => change({ assignee })}
            />
          </Property>
          <Property title="Subset">
            <SavedText
              label="Subset"
              placeholder="none"
              list={`subsets-${task.id}`}
              value={task.subset}
              onSave={(subset) => change({ subset })}
            />
          </Property>
          <Property title="Issue tracker">
            <span class="cvs-badges">
              <SavedText
                label="Address of the issue tracker"
                placeholder="https://…"
                value={task.bug_tracker}
                onSave={(link) => change({ bug_tracker: link })}
              />
              <Tracker link={task.bug_tracker || task.project_tracker} text="Open" />
            </span>
          </Property>
          <Property title="Labels" wide>
            <span class="cvs-badges">
              <Labels labels={chips(task.labels)} />
              {task.project_id === null && (
                <Button
                  testId="edit-labels"
                  onClick={() => {
                    studio.dialog.value = { name: "labels", of: "task", id: task.id, title: task.name };
                  }}
                >
                  Edit labels
                </Button>
              )}
            </span>
          </Property>
        </div>
        <People id={people} names={task.people} />
        <People id={`subsets-${task.id}`} names={SUBSETS} />
        {next && (
          <Button main testId="annotate" onClick={() => studio.openJob(next.id)}>
            Open job #{next.id}
          </Button>
        )}
      </div>
    </section>
  );
}

export function ProjectPage() {
  const studio = useStudio();
  const loaded = studio.project.value;
  if (!loaded.data) return <Missing loaded={loaded} />;
  return <List state={studio.projectTasks.value} head={<ProjectHead project={loaded.data} />} />;
}

function ProjectHead({ project }: { project: ProjectDetails }) {
  const studio = useStudio();
  const change = (part: Readonly<Record<string, string>>): Promise<void> =>
    studio.change("studio.project.update", { id: project.id, ...part }).then(() => studio.load(true));
  return (
    <div class="cvs-page" data-testid="project-page">
      <section class="cvs-details" aria-label={`Project ${project.name}`}>
        <div class="cvs-details-main">
          <div class="cvs-section-head">
            <SavedText title label="Name of the project" value={project.name} onSave={(name) => change({ name })} />
            <Menu icon={EllipsisVertical} label={`Actions of ${project.name}`} items={projectMenu(studio, project)} />
          </div>
          <p class="cvs-facts">
            <span>Project #{project.id}</span>
            <span>
              {project.tasks} {project.tasks === 1 ? "task" : "tasks"}, {project.frames.toLocaleString("en")} frames
            </span>
            {project.subsets.length > 0 && <span>{project.subsets.join(", ")}</span>}
            <span>by {project.owner ?? "nobody known"}</span>
            <When moment={project.created} word="created" />
          </p>
          {project.jobs > 0 && <Progress counts={project} />}
          <div class="cvs-properties">
            <Property title="Assigned to">
              <SavedText
                label="Assignee of the project"
                placeholder="nobody"
                list={`project-people-${project.id}`}
                testId="project-assignee"
                value={project.assignee ?? ""}
                onSave={(assignee) => change({ assignee })}
              />
              <People id={`project-people-${project.id}`} names={project.people} />
            </Property>
            <Property title="Issue tracker">
              <span class="cvs-badges">
                <SavedText
                  label="Address of the issue tracker"
                  placeholder="https://…"
                  value={project.bug_tracker}
                  onSave={(link) => change({ bug_tracker: link })}
                />
                <Tracker link={project.bug_tracker} text="Open" />
              </span>
            </Property>
            <Property title="Labels" wide>
              <span class="cvs-badges">
                <Labels labels={chips(project.labels)} />
                <Button
                  onClick={() => {
                    studio.dialog.value = { name: "labels", of: "project", id: project.id, title: project.name };
                  }}
                >
                  Edit labels
                </Button>
              </span>
            </Property>
          </div>
        </div>
      </section>
      <Guide of={{ kind: "project", id: project.id }} details={project} />
      <div class="cvs-section-head">
        <h2>Tasks</h2>
        <span class="cvw-spring" />
        <Button main onClick={() => studio.go({ at: "new-task", project: project.id })}>
          <Plus size={15} aria-hidden="true" /> New task
        </Button>
      </div>
    </div>
  );
}
