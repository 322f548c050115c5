/** The job as a dataset: fetched by the browser, or, with pictures, written into the folder of the notebook. */
import { useEffect, useState } from "preact/hooks";
import { saveFile } from "../../save-file";
import { sizeText } from "../../words";
import { useAnnotator } from "../context";
import { Dialog } from "../Dialog";
import { DialogFoot } from "../DialogForm";
import { FormatSelect, Problem, useFormats, useWork, WorkBar } from "./parts";
import { download, type Errors, type Exported } from "./transfer";

export function ExportDialog() {
  return (
    <Dialog name="export" title="Export as a dataset">
      <Form />
    </Dialog>
  );
}

/** What the kernel asks back before it goes on. */
interface Question {
  readonly text: string;
  readonly replace: boolean;
  readonly lossy: boolean;
}

function Form() {
  const { editor, ui } = useAnnotator();
  const formats = useFormats("out");
  const [format, setFormat] = useState("");
  const [name, setName] = useState("");
  const [images, setImages] = useState(false);
  const [toFolder, setToFolder] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [question, setQuestion] = useState<Question | null>(null);
  const working = useWork((text) => setErrors({ where: text }));
  useEffect(() => {
    if (!formats) return;
    setFormat(formats.usual ?? formats.formats[0] ?? "");
    setName(formats.name);
  }, [formats]);
  const folder = toFolder || images;
  const again = (): void => {
    setErrors({});
    setQuestion(null);
  };
  const write = (): void => {
    const { replace, lossy } = question ?? { replace: false, lossy: false };
    again();
    working.start("Writing", async (signal, tell) => {
      const { result } = await editor.link.call<Exported>(
        "dataset.export",
        { format, images, replace, lossy, path: folder ? name : "" },
        { signal, onProgress: (done, total) => tell({ text: "Writing", done, total }) },
      );
      const { token, size = 0 } = result;
      if (result.exists) setQuestion({ text: `There is a file ${result.path} already.`, replace: true, lossy });
      else if (result.losses) setQuestion({ text: result.losses, replace, lossy: true });
      else if (Object.keys(result.errors).length > 0) setErrors(result.errors);
      else {
        if (token) {
          const file = await download(editor.link, token, size, signal, (done, total) =>
            tell({ text: "Fetching", done, total }),
          );
          saveFile(name, file);
        }
        editor.toast("info", `${token ? "Downloaded" : "Written"}: ${result.path ?? name} (${sizeText(size)}).`);
        ui.dialog.value = null;
      }
    });
  };
  const verb = question ? (question.lossy ? "Export without these" : "Replace it") : "Export";
  return (
    <form
      class="cvw-form cvw-dataset"
      onSubmit={(event) => {
        event.preventDefault();
        if (!working.work && format && name.trim()) write();
      }}
    >
      <FormatSelect
        name="export"
        formats={formats}
        value={format}
        onChoose={(chosen) => {
          setFormat(chosen);
          again();
        }}
      />
      <Problem name="export-format" text={errors.format} />
      <label class="cvw-dataset-row">
        <span>Name of the file</span>
        <input
          class="cvw-field"
          spellcheck={false}
          data-testid="export-name"
          maxLength={255}
          value={name}
          onInput={(event) => {
            setName(event.currentTarget.value);
            again();
          }}
        />
      </label>
      <Problem name="export-name" text={errors.path} />
      <label class="cvw-check">
        <input
          type="checkbox"
          data-testid="export-images"
          checked={images}
          onChange={(event) => {
            setImages(event.currentTarget.checked);
            again();
          }}
        />
        <span>Save the images, too</span>
      </label>
      <fieldset class="cvw-dataset-where">
        <legend>Where to</legend>
        <label class="cvw-check">
          <input type="radio" name="cvw-where" checked={!folder} disabled={images} onChange={() => setToFolder(false)} />
          <span>Download in the browser</span>
        </label>
        <label class="cvw-check">
          <input
            type="radio"
            name="cvw-where"
            data-testid="export-folder"
            checked={folder}
            onChange={() => setToFolder(true)}
          />
          <span>Save in the folder of the notebook</span>
        </label>
        {folder && formats && <p class="cvw-muted">{formats.folder}</p>}
        {images && <p class="cvw-muted">A dataset with images is too large for the way to the browser.</p>}
      </fieldset>
      <Problem name="export-where" text={errors.where} />
      {question && (
        <p class="cvw-dataset-question" role="alert">
          {question.text}
        </p>
      )}
      <WorkBar working={working} />
      <DialogFoot verb={verb} disabled={working.work !== null || !format || !name.trim()} />
    </form>
  );
}
