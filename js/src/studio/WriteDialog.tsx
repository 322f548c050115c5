/** Writing a file: a dataset in some format, or a backup; with progress, and questions before anything is lost. */
import { useEffect, useState } from "preact/hooks";
import { messageOf, sizeText } from "../words";
import type { Errors, Exported } from "./api";
import { useStudio } from "./context";
import { ChoiceField } from "./fields";
import { Modal } from "./Modal";
import { Bar, Button, Field, type Running } from "./parts";
import type { DialogState } from "./studio";

type Writing = Extract<DialogState, { name: "export" | "backup" }>;

interface Formats {
  readonly exports: readonly string[];
  readonly imports: readonly string[];
}

export interface DialogProps<D> {
  readonly dialog: D;
  readonly close: () => void;
}

function fileName(title: string, ending: string): string {
  return `${title.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80)}${ending}`;
}

/** The names of the formats, asked for when a dialog needs them. */
export function useFormats(): Formats | null {
  const studio = useStudio();
  const [formats, setFormats] = useState<Formats | null>(null);
  useEffect(() => {
    studio
      .ask<Formats>("studio.formats", {})
      .then(setFormats)
      .catch((error: unknown) => studio.say("error", messageOf(error)));
  }, [studio]);
  return formats;
}

/** A dataset in some format, or a backup, to a file of the kernel's. */
export function WriteDialog({ dialog, close }: DialogProps<Writing>) {
  const studio = useStudio();
  const backup = dialog.name === "backup";
  const subsets = (dialog.name === "export" && dialog.subsets) || [];
  const formats = useFormats();
  const [format, setFormat] = useState("CVAT for images 1.1");
  const [subset, setSubset] = useState("");
  const [media, setMedia] = useState(backup);
  const [path, setPath] = useState(fileName(dialog.title, backup ? ".backup.zip" : ".zip"));
  const [errors, setErrors] = useState<Errors>({});
  const [running, setRunning] = useState<Running | null>(null);
  /** What the kernel asks back before it goes on. */
  const [question, setQuestion] = useState<{ text: string; replace: boolean; lossy: boolean } | null>(null);
  const write = async (replace: boolean, lossy: boolean): Promise<void> => {
    const stop = new AbortController();
    setErrors({});
    setQuestion(null);
    setRunning({ stop, done: 0, total: 0 });
    try {
      const done = await studio.ask<Exported>(
        "studio.export",
        {
          kind: dialog.of,
          id: dialog.id,
          path,
          media,
          replace,
          lossy,
          ...(backup ? {} : { format }),
          ...(subset ? { subset } : {}),
        },
        { signal: stop.signal, onProgress: (value, total) => setRunning({ stop, done: value, total }) },
      );
      setErrors(done.errors);
      if (done.exists) setQuestion({ text: `There is a file ${done.path} already.`, replace: true, lossy });
      else if (done.losses) setQuestion({ text: done.losses, replace, lossy: true });
      else if (done.size !== undefined) {
        studio.say("info", `Written: ${done.path} (${sizeText(done.size)}).`);
        close();
      }
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
    <Modal name={dialog.name} title={`${backup ? "Back up" : "Export"} ${dialog.title}`} onClose={quit}>
      <form
        class="cvs-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void write(question?.replace ?? false, question?.lossy ?? false);
        }}
      >
        {!backup && (
          <ChoiceField
            label="Format"
            testId="export-format"
            choices={formats?.exports ?? [format]}
            value={format}
            onChange={(next) => {
              setFormat(next);
              setQuestion(null);
            }}
          />
        )}
        {subsets.length > 0 && (
          <ChoiceField
            label="Subset"
            testId="export-subset"
            none="all"
            choices={subsets}
            value={subset}
            onChange={(next) => {
              setSubset(next);
              setQuestion(null);
            }}
          />
        )}
        <Field label="File" error={errors.path} hint={`From ${studio.hello.value?.folder ?? "the folder of the notebook"}.`}>
          {(attributes) => (
            <input
              class="cvw-field"
              spellcheck={false}
              {...attributes}
              data-testid="export-path"
              value={path}
              onInput={({ currentTarget }) => {
                setPath(currentTarget.value);
                setErrors({});
                setQuestion(null);
              }}
            />
          )}
        </Field>
        <label class="cvs-check">
          <input type="checkbox" checked={media} onChange={({ currentTarget }) => setMedia(currentTarget.checked)} />
          {backup ? "Put the pictures or video in" : "Save the images, too"}
        </label>
        {question && (
          <p class="cvs-form-error" role="alert">
            {question.text}
          </p>
        )}
        {running ? (
          <Bar running={running} />
        ) : (
          <div class="cvs-form-foot">
            <span class="cvw-spring" />
            <Button onClick={quit}>Cancel</Button>
            <Button main submit testId="export-write">
              {question ? (question.lossy ? "Write without these" : "Replace it") : backup ? "Back up" : "Export"}
            </Button>
          </div>
        )}
      </form>
    </Modal>
  );
}
