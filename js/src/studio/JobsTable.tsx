/** The jobs of a task: frames, stage, state, people; sorted by a click on a heading. */
import { useState } from "preact/hooks";
import { besides, copyText } from "../panels/copy-text";
import type { JobRow, TaskDetails } from "./api";
import { useStudio } from "./context";
import { ClipboardCopy } from "./icons";
import { Button, Choice, IconButton, People, Preview, SavedText, When } from "./parts";

type Column = "start" | "type" | "stage" | "state" | "assignee" | "reviewer" | "updated";
const COLUMNS: readonly (readonly [Column, string])[] = [
  ["start", "Frames"],
  ["stage", "Stage"],
  ["state", "State"],
  ["assignee", "Assignee"],
  ["reviewer", "Reviewer"],
  ["updated", "Updated"],
];

export function sortedJobs(jobs: readonly JobRow[], by: Column, down: boolean): readonly JobRow[] {
  const value = (job: JobRow): string | number => job[by] ?? "";
  const ordered = [...jobs].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    return x < y ? -1 : x > y ? 1 : a.id - b.id;
  });
  return down ? ordered.reverse() : ordered;
}

export function JobsTable({ task }: { task: TaskDetails }) {
  const studio = useStudio();
  const [by, setBy] = useState<Column | null>(null);
  const [down, setDown] = useState(false);
  const jobs = by ? sortedJobs(task.jobs_list, by, down) : task.jobs_list;
  const people = `people-${task.id}`;
  const copy = (near: Element): void => {
    const lines = task.jobs_list.map((job) =>
      [job.id, `${job.start}-${job.stop}`, job.stage, job.state, job.assignee ?? "", job.reviewer ?? ""].join("\t"),
    );
    const text = ["job\tframes\tstage\tstate\tassignee\treviewer", ...lines].join("\n");
    copyText(text, near).then(
      () => studio.say("info", "The list of jobs is in the clipboard."),
      () => studio.say("error", "The browser does not give access to the clipboard."),
    );
  };
  return (
    <section aria-label="Jobs">
      <div class="cvs-section-head">
        <h2>Jobs</h2>
        <span class="cvw-muted">{task.jobs_total}</span>
        <span class="cvw-spring" />
        <IconButton
          icon={ClipboardCopy}
          label="Copy the list of jobs"
          onClick={({ currentTarget }) => copy(besides(currentTarget))}
        />
      </div>
      <People id={people} names={task.people} />
      <div class="cvs-table-place">
        <table class="cvs-jobs">
          <thead>
            <tr>
              <th scope="col">Job</th>
              {COLUMNS.map(([name, title]) => (
                <th key={name} scope="col" aria-sort={by === name ? (down ? "descending" : "ascending") : "none"}>
                  <button
                    type="button"
                    class="cvs-heading"
                    onClick={() => {
                      setDown(by === name && !down);
                      setBy(name);
                    }}
                  >
                    {title}
                    {by === name && <span aria-hidden="true">{down ? " ↓" : " ↑"}</span>}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <JobLine key={job.id} job={job} people={people} video={task.kind === "video"} />
            ))}
          </tbody>
        </table>
      </div>
      {task.jobs_total > task.jobs_list.length && (
        <p class="cvw-muted">Only the first {task.jobs_list.length} are listed here: the tab Jobs has all of them.</p>
      )}
    </section>
  );
}

function JobLine({ job, people, video }: { job: JobRow; people: string; video: boolean }) {
  const studio = useStudio();
  const hello = studio.hello.value;
  const change = (part: Partial<Record<"stage" | "state" | "assignee" | "reviewer", string>>): Promise<void> =>
    studio.change("studio.job.update", { id: job.id, ...part }).then(() => studio.load(true));
  return (
    <tr data-testid={`job-line-${job.id}`}>
      <td>
        <span class="cvs-job-name">
          <Preview task={job.task_id} created={job.created} frame={job.start} video={video} />
          <Button onClick={() => studio.openJob(job.id)} testId={`open-job-${job.id}`}>
            Open #{job.id}
          </Button>
          {job.type !== "annotation" && <span class="cvs-badge">{job.type.replace("_", " ")}</span>}
        </span>
      </td>
      <td class="cvs-number">
        {job.start}–{job.stop}
      </td>
      <td>
        <Choice
          label={`Stage of job ${job.id}`}
          value={job.stage}
          values={hello?.stages ?? []}
          onChange={(stage) => change({ stage })}
        />
      </td>
      <td>
        <Choice
          label={`State of job ${job.id}`}
          value={job.state}
          values={hello?.states ?? []}
          onChange={(state) => change({ state })}
        />
      </td>
      <td>
        <SavedText
          label={`Assignee of job ${job.id}`}
          placeholder="nobody"
          list={people}
          value={job.assignee ?? ""}
          onSave={(assignee) => change({ assignee })}
        />
      </td>
      <td>
        <SavedText
          label={`Reviewer of job ${job.id}`}
          placeholder="nobody"
          list={people}
          value={job.reviewer ?? ""}
          onSave={(reviewer) => change({ reviewer })}
        />
      </td>
      <td class="cvs-number">
        <When moment={job.updated} />
      </td>
    </tr>
  );
}
