/** The task this job belongs to: what it is, its jobs, and how to get at them in Python. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../../words";
import { useAnnotator } from "../context";
import { copyText } from "../copy-text";
import { Dialog } from "../Dialog";
import { IconButton } from "../IconButton";
import { Copy } from "../icons";

interface About {
  readonly id: number;
  readonly name: string;
  readonly mode: string;
  readonly frames: number;
  readonly kind: string;
  readonly subset: string;
  readonly owner: string | null;
  readonly assignee: string | null;
  readonly created: string;
  readonly updated: string;
  /** Where the store is, if a cell has to say so. */
  readonly store: string;
  readonly jobs: readonly {
    readonly id: number;
    readonly type: string;
    readonly stage: string;
    readonly state: string;
    readonly assignee: string | null;
    readonly start: number;
    readonly stop: number;
  }[];
  readonly jobs_total: number;
}

export function TaskDialog() {
  const { editor } = useAnnotator();
  return (
    <Dialog name="task" title={`Task ${editor.info.task.id}`} wide>
      <Body />
    </Dialog>
  );
}

function Body() {
  const { editor } = useAnnotator();
  const [about, setAbout] = useState<About | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    editor.link.call<About>("task.about").then(
      ({ result }) => setAbout(result),
      (error: unknown) => setProblem(messageOf(error)),
    );
  }, [editor]);
  if (!about) return <p class="cvw-muted">{problem || "Asking the kernel…"}</p>;
  const facts: readonly (readonly [string, string | null])[] = [
    ["Frames", `${about.frames}, ${about.kind}, ${about.mode}`],
    ["Subset", about.subset],
    ["Owner", about.owner],
    ["Assignee", about.assignee],
    ["Created", date(about.created)],
    ["Changed", date(about.updated)],
  ];
  const here = editor.info.job.id;
  return (
    <div class="cvw-task">
      <h3 class="cvw-ellipsis">{about.name}</h3>
      <dl>
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <ul class="cvw-task-labels" aria-label="Labels">
        {editor.labels.value.map(({ name, color }) => (
          <li key={name}>
            <span class="cvw-swatch" style={{ background: color }} /> {name}
          </li>
        ))}
      </ul>
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Frames</th>
            <th scope="col">Stage</th>
            <th scope="col">State</th>
            <th scope="col">Assignee</th>
          </tr>
        </thead>
        <tbody>
          {about.jobs.map((job) => (
            <tr key={job.id} aria-current={job.id === here || undefined}>
              <td>
                {job.id}
                {job.id === here && " (this one)"}
                {job.type !== "annotation" && `, ${job.type.replaceAll("_", " ")}`}
              </td>
              <td>
                {job.start} – {job.stop}
              </td>
              <td>{job.stage}</td>
              <td>{job.state}</td>
              <td>{job.assignee ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {about.jobs_total > about.jobs.length && <p class="cvw-muted">{about.jobs_total - about.jobs.length} more jobs</p>}
      <h3>In a cell</h3>
      <Code text={`task = cw.Task.open(${about.id}${about.store && `, store=${JSON.stringify(about.store)}`})`} />
      <Code text={`cw.Annotator(task.jobs.by_id(${here}))`} />
    </div>
  );
}

function date(text: string): string {
  const read = new Date(text);
  return Number.isNaN(read.getTime()) ? text : read.toLocaleString();
}

function Code({ text }: { text: string }) {
  const { editor } = useAnnotator();
  return (
    <div class="cvw-task-code">
      <code>{text}</code>
      <IconButton
        icon={Copy}
        label="Copy"
        small
        onClick={() => {
          const near = document.activeElement ?? document.body;
          copyText(text, near).then(
            () => editor.announce("Copied"),
            (error: unknown) => editor.toast("error", messageOf(error)),
          );
        }}
      />
    </div>
  );
}
