/** Reading a file: annotations into a task, or a dataset with its pictures as tasks of a project. */
import { useState } from "preact/hooks";
import { messageOf } from "../words";
import type { Errors, Imported } from "./api";
import { useStudio } from "./context";
import { Foot, type Source, SourceField } from "./dialog-parts";
import { ChoiceField, InputField } from "./fields";
import { Modal } from "./Modal";
import { Bar, type Running } from "./parts";
import type { DialogState } from "./studio";
import { type DialogProps, useFormats } from "./WriteDialog";

function counted(count: number, word: string): string {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}

export function ImportDialog({ dialog, close }: DialogProps<Extract<DialogState, { name: "import" }>>) {
  const studio = useStudio();
  const formats = useFormats();
  const project = dialog.of === "project";
  const [format, setFormat] = useState("");
  const [source, setSource] = useState<Source>({ path: "", upload: null });
  const [sending, setSending] = useState(false);
  const [name, setName] = useState("");
  const [replace, setReplace] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [running, setRunning] = useState<Running | null>(null);
  const [word, setWord] = useState("");
  const read = async (): Promise<void> => {
    const stop = new AbortController();
    setErrors({});
    setRunning({ stop, done: 0, total: 0 });
    const params = { ...source, ...(format ? { format } : {}) };
    try {
      const done = await studio.ask<Imported>(
        project ? "studio.project.import" : "studio.import",
        project ? { ...params, project: dialog.id, name } : { ...params, task: dialog.id, replace },
        {
          signal: stop.signal,
          onProgress: (value, total, text) => {
            setRunning({ stop, done: value, total });
            setWord(text.replace(/…$/, ""));
          },
        },
      );
      setErrors(done.errors);
      if (Object.keys(done.errors).length > 0) return;
      const made = done.tasks
        ? `${counted(done.tasks.length, "task")} of ${counted(done.frames ?? 0, "frame")} made.`
        : `${counted(done.objects ?? 0, "object")} imported.`;
      const told = done.told ?? [];
      studio.say(told.length > 0 ? "warning" : "info", [made, ...told].join(" "));
      close();
      studio.load(true);
    } catch (error) {
      if (!stop.signal.aborted) setErrors({ path: messageOf(error) });
    } finally {
      setRunning(null);
    }
  };
  const quit = (): void => {
    running?.stop.abort(new Error("Stopped."));
    close();
  };
  return (
    <Modal
      name="import"
      title={project ? `Import a dataset into ${dialog.title}` : `Import annotations into ${dialog.title}`}
      onClose={quit}
    >
      <form
        class="cvs-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!running) void read();
        }}
      >
        {project && (
          <p class="cvw-muted">
            A task is made of each subset, with its pictures and annotations. The labels must be the project's.
          </p>
        )}
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
        <ChoiceField
          label="Format"
          none="as the file looks"
          choices={formats?.imports ?? []}
          value={format}
          onChange={setFormat}
        />
        {project ? (
          <InputField
            label="Name of the tasks"
            error={errors.name}
            hint="Before the subset. Empty: as the dataset is called."
            testId="import-name"
            value={name}
            onChange={setName}
          />
        ) : (
          <label class="cvs-check">
            <input type="checkbox" checked={replace} onChange={({ currentTarget }) => setReplace(currentTarget.checked)} />
            Replace the present annotations
          </label>
        )}
        {running ? <Bar running={running} word={word || "Reading"} /> : <Foot close={quit} word="Import" disabled={sending} />}
      </form>
    </Modal>
  );
}
