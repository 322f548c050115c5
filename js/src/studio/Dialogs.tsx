/** What is asked in front of the page: where to write a file, where a task goes, whether something is really to be deleted. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../words";
import type { Errors, Made, RawLabel, TaskDetails } from "./api";
import { useStudio } from "./context";
import { Foot, type Source, SourceField } from "./dialog-parts";
import { InputField } from "./fields";
import { ImportDialog } from "./ImportDialog";
import { LabelEditor } from "./LabelEditor";
import { problemWith } from "./labels";
import { Modal } from "./Modal";
import { Choice, Field } from "./parts";
import type { DialogState } from "./studio";
import { type DialogProps as Props, WriteDialog } from "./WriteDialog";

/** The dialogs that one component shows. */
type Named<N extends DialogState["name"]> = Extract<DialogState, { name: N }>;

export function Dialogs() {
  const studio = useStudio();
  const dialog = studio.dialog.value;
  const close = (): void => {
    studio.dialog.value = null;
  };
  switch (dialog?.name) {
    case "export":
    case "backup":
      return <WriteDialog dialog={dialog} close={close} />;
    case "import":
      return <ImportDialog dialog={dialog} close={close} />;
    case "restore":
      return <RestoreDialog dialog={dialog} close={close} />;
    case "move":
      return <MoveDialog dialog={dialog} close={close} />;
    case "labels":
      return <LabelsDialog dialog={dialog} close={close} />;
    case "delete":
      return <DeleteDialog dialog={dialog} close={close} />;
    default:
      return null;
  }
}

function RestoreDialog({ dialog, close }: Props<Named<"restore">>) {
  const studio = useStudio();
  const [source, setSource] = useState<Source>({ path: "", upload: null });
  const [sending, setSending] = useState(false);
  const [name, setName] = useState("");
  const [errors, setErrors] = useState<Errors>({});
  const [busy, setBusy] = useState(false);
  const read = async (): Promise<void> => {
    setBusy(true);
    const made = await studio.change<Made>("studio.restore", { kind: dialog.of, ...source, name });
    setBusy(false);
    if (!made) return;
    setErrors(made.errors);
    if (made.id === undefined) return;
    close();
    studio.go({ at: dialog.of, id: made.id });
  };
  return (
    <Modal name="restore" title={`Make a ${dialog.of} from a backup`} onClose={close}>
      <form
        class="cvs-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void read();
        }}
      >
        <SourceField
          source={source}
          error={errors.path}
          onChange={(next) => {
            setSource(next);
            setErrors({});
          }}
          onBusy={setSending}
          onError={(text) => setErrors({ path: text })}
        />
        <InputField label="Name" hint="Empty: as in the backup." value={name} onChange={setName} />
        <Foot close={close} word={busy ? "Reading…" : "Restore"} busy={busy} disabled={sending} />
      </form>
    </Modal>
  );
}

/** Into a project: its labels become the task's, so each label of the task is told which one it becomes. */
function MoveDialog({ dialog, close }: Props<Named<"move">>) {
  const studio = useStudio();
  const [task, setTask] = useState<TaskDetails | null>(null);
  const [target, setTarget] = useState("");
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    studio
      .ask<TaskDetails>("studio.task", { id: dialog.id })
      .then((found) => {
        setTask(found);
        setTarget(String(found.projects.find(({ id }) => id !== found.project_id)?.id ?? ""));
      })
      .catch((reason: unknown) => setError(messageOf(reason)));
  }, [studio, dialog.id]);
  const project = task?.projects.find(({ id }) => String(id) === target);
  const move = async (): Promise<void> => {
    const labels = project ? Object.fromEntries(Object.entries(names).filter(([, name]) => project.labels.includes(name))) : {};
    try {
      await studio.ask("studio.task.move", { id: dialog.id, project: project?.id ?? null, labels });
      close();
      studio.say("info", project ? `Moved to ${project.name}.` : "Moved out of its project.");
      studio.load(true);
    } catch (reason) {
      setError(messageOf(reason));
    }
  };
  const others = task && project ? task.labels.filter(({ name }) => !project.labels.includes(name)) : [];
  return (
    <Modal name="move" title={`Move ${dialog.title}`} onClose={close}>
      <form
        class="cvs-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void move();
        }}
      >
        <Field label="To project" hint="The task gets the labels of the project; attributes the project has not are lost.">
          {(attributes) => (
            <select
              class="cvw-select"
              {...attributes}
              data-testid="move-project"
              value={target}
              onChange={({ currentTarget }) => {
                setTarget(currentTarget.value);
                setError(null);
              }}
            >
              {task?.projects.map(({ id, name }) => (
                <option key={id} value={id} disabled={id === task.project_id}>
                  {name}
                  {id === task.project_id ? " (it is there)" : ""}
                </option>
              ))}
              {(task?.project_id !== null || task.projects.length === 0) && <option value="">no project</option>}
            </select>
          )}
        </Field>
        {project &&
          others.map(({ name }) => (
            <div key={name} class="cvs-label-line">
              <span class="cvw-ellipsis">{name} becomes</span>
              <Choice
                label={`What ${name} becomes`}
                value={names[name] ?? ""}
                values={["", ...project.labels]}
                names={(each) => each || "nothing (it must have no objects)"}
                onChange={(becomes) => setNames({ ...names, [name]: becomes })}
              />
            </div>
          ))}
        {error && (
          <p class="cvs-form-error" role="alert">
            {error}
          </p>
        )}
        <Foot close={close} word="Move" disabled={!task || (!project && task.project_id === null)} />
      </form>
    </Modal>
  );
}

function LabelsDialog({ dialog, close }: Props<Named<"labels">>) {
  const studio = useStudio();
  const source = dialog.of === "task" ? studio.task.peek().data : studio.project.peek().data;
  const [labels, setLabels] = useState<readonly RawLabel[] | null>(source?.labels ?? []);
  const [shown, setShown] = useState<readonly RawLabel[]>(source?.labels ?? []);
  const [error, setError] = useState<string | undefined>(undefined);
  const save = async (): Promise<void> => {
    const problem = labels && problemWith(labels);
    if (!labels || problem) {
      setError(problem ?? undefined);
      return;
    }
    try {
      await studio.ask("studio.labels", { kind: dialog.of, id: dialog.id, labels });
      close();
      studio.load(true);
    } catch (reason) {
      setError(messageOf(reason));
    }
  };
  return (
    <Modal name="labels" title={`Labels of ${dialog.title}`} wide onClose={close}>
      <form
        class="cvs-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <LabelEditor
          labels={shown}
          error={error}
          onChange={(next) => {
            setLabels(next);
            if (next) setShown(next);
            setError(undefined);
          }}
        />
        <Foot close={close} word="Save" disabled={labels === null} />
      </form>
    </Modal>
  );
}

function DeleteDialog({ dialog, close }: Props<Named<"delete">>) {
  const studio = useStudio();
  const [tasks, setTasks] = useState(false);
  const remove = async (): Promise<void> => {
    const params = { kind: dialog.of, id: dialog.id, with_tasks: tasks };
    if ((await studio.change("studio.delete", params)) === null) return;
    close();
    studio.say("info", `${dialog.title} is deleted.`);
    const place = studio.place.peek();
    const gone = (place.at === "task" || place.at === "project") && place.at === dialog.of && place.id === dialog.id;
    if (gone) studio.back();
    else studio.load(true);
  };
  return (
    <Modal name="delete" title={`Delete the ${dialog.of} ${dialog.title}?`} onClose={close}>
      <form
        class="cvs-form"
        onSubmit={(event) => {
          event.preventDefault();
          void remove();
        }}
      >
        <p>
          {dialog.of === "task"
            ? "Its annotations and their history go with it, and cannot be brought back. The pictures or the video stay where they are."
            : "Its tasks stay on their own, with their labels, unless they are deleted, too."}
        </p>
        {dialog.of === "project" && (dialog.tasks ?? 0) > 0 && (
          <label class="cvs-check">
            <input type="checkbox" checked={tasks} onChange={({ currentTarget }) => setTasks(currentTarget.checked)} />
            Delete its {dialog.tasks} {dialog.tasks === 1 ? "task" : "tasks"} with all annotations
          </label>
        )}
        <Foot close={close} word="Delete" danger />
      </form>
    </Modal>
  );
}
