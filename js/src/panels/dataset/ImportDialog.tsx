/** Annotations of a file into this job, as one change: the file goes to the kernel in parts, and nothing comes of it by halves. */
import { useEffect, useRef, useState } from "preact/hooks";
import { sizeText } from "../../words";
import { useAnnotator } from "../context";
import { Dialog } from "../Dialog";
import { DialogFoot } from "../DialogForm";
import { Upload } from "../icons";
import { FormatSelect, Problem, useFormats, useWork, WorkBar } from "./parts";
import { drop, type Imported, upload } from "./transfer";

export function ImportDialog() {
  return (
    <Dialog name="import" title="Upload annotations">
      <Form />
    </Dialog>
  );
}

function Form() {
  const { editor, ui } = useAnnotator();
  const formats = useFormats("in");
  const [format, setFormat] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [replace, setReplace] = useState(false);
  const [problem, setProblem] = useState("");
  const [over, setOver] = useState(false);
  const working = useWork(setProblem);
  /** What is at the kernel already: another try with another format sends nothing again. */
  const sent = useRef<{ file: File; token: string } | null>(null);
  const forget = (): void => {
    if (sent.current) drop(editor.link, sent.current.token);
    sent.current = null;
  };
  useEffect(() => forget, []);
  const choose = (files: FileList | null | undefined): void => {
    forget();
    setProblem("");
    setFile(files?.[0] ?? null);
  };
  const read = (chosen: File): void => {
    setProblem("");
    working.start("Uploading", async (signal, tell) => {
      const { link } = editor;
      if (sent.current?.file !== chosen) {
        const token = await upload(link, chosen, signal, (done, total) => tell({ text: "Uploading", done, total }));
        sent.current = { file: chosen, token };
      }
      tell({ text: "Reading", done: 0, total: 0 });
      const { token } = sent.current;
      const { result } = await link.call<Imported>("dataset.import", { token, format: format || null, replace });
      const { objects = 0, left_out: left = 0, told = [], errors } = result;
      if (errors.file) {
        setProblem(errors.file);
        return;
      }
      const rest = left > 0 ? ` ${left} on frames of other jobs ${left === 1 ? "was" : "were"} left out.` : "";
      const made = `${objects} object${objects === 1 ? "" : "s"} imported from ${chosen.name}.${rest}`;
      editor.toast(told.length > 0 ? "warning" : "info", [made, ...told].join(" "));
      ui.dialog.value = null;
    });
  };
  return (
    <form
      class="cvw-form cvw-dataset"
      onSubmit={(event) => {
        event.preventDefault();
        if (file && !working.work) read(file);
      }}
    >
      <label
        class={`cvw-dataset-drop${over ? " cvw-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          event.stopPropagation();
          setOver(false);
          choose(event.dataTransfer?.files);
        }}
      >
        <Upload size={20} aria-hidden="true" />
        <span>{file ? `${file.name} (${sizeText(file.size)})` : "Choose a file, or drop one here"}</span>
        <input
          type="file"
          class="cvw-visually-hidden"
          aria-label="File with annotations"
          data-testid="import-file"
          onChange={(event) => choose(event.currentTarget.files)}
        />
      </label>
      <FormatSelect
        name="import"
        formats={formats}
        value={format}
        none="Recognise it"
        onChoose={(chosen) => {
          setFormat(chosen);
          setProblem("");
        }}
      />
      <label class="cvw-check">
        <input
          type="checkbox"
          data-testid="import-replace"
          checked={replace}
          onChange={(event) => setReplace(event.currentTarget.checked)}
        />
        <span>Remove the annotations that this job has</span>
      </label>
      <Problem name="import" text={problem} />
      <p class="cvw-form-summary">Only this job is changed, and Ctrl+Z brings back what was.</p>
      <WorkBar working={working} />
      <DialogFoot verb={replace ? "Replace" : "Upload"} disabled={!file || working.work !== null} />
    </form>
  );
}
