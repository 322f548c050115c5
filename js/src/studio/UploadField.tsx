/** A place for files of the user's own computer: choose or drop them, see them go, stop, take them back. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { messageOf, sizeText } from "../words";
import { useStudio } from "./context";
import { Upload, X } from "./icons";
import { Bar, IconButton, type Running } from "./parts";
import { drop, droppedFiles, type Purpose, type Uploaded, upload } from "./upload";

function summary({ files, bytes }: Uploaded): string {
  const what = files.length === 1 ? files[0]?.name : `${files.length.toLocaleString("en")} files`;
  return `${what} (${sizeText(bytes)})`;
}

export function UploadField(props: {
  purpose: Purpose;
  text: string;
  /** How the kernel knows the files, once it has all of them. */
  onChange: (token: string | null) => void;
  onBusy: (busy: boolean) => void;
  onError: (text: string) => void;
}) {
  const studio = useStudio();
  const [held, setHeld] = useState<Uploaded | null>(null);
  const [running, setRunning] = useState<Running | null>(null);
  const [over, setOver] = useState(false);
  const stop = useRef<AbortController | null>(null);
  const token = useRef<string | null>(null);
  const { link } = studio;
  // Whoever leaves the form leaves nothing with the kernel.
  useEffect(
    () => () => {
      stop.current?.abort(new Error("Stopped."));
      if (token.current) drop(link, token.current);
    },
    [link],
  );
  const place = useRef<HTMLDivElement>(null);
  const state = running ? "running" : held ? "held" : "empty";
  const before = useRef(state);
  useLayoutEffect(() => {
    if (before.current === state) return;
    before.current = state;
    // The button or field that had the focus went away with what was shown before.
    if (document.activeElement === document.body)
      place.current?.querySelector<HTMLElement>("button, input")?.focus({ preventScroll: true });
  }, [state]);
  const send = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0 || stop.current) return;
    const stopper = new AbortController();
    stop.current = stopper;
    setRunning({ stop: stopper, done: 0, total: 0 });
    props.onBusy(true);
    try {
      const found = await upload(link, props.purpose, files, stopper.signal, (done, total) =>
        setRunning({ stop: stopper, done, total }),
      );
      token.current = found.token;
      setHeld(found);
      props.onChange(found.token);
    } catch (error) {
      if (!stopper.signal.aborted) props.onError(messageOf(error));
    } finally {
      stop.current = null;
      setRunning(null);
      props.onBusy(false);
    }
  };
  const take = (): void => {
    if (token.current) drop(link, token.current);
    token.current = null;
    setHeld(null);
    props.onChange(null);
  };
  return (
    <div ref={place} class="cvs-upload-field">
      {running && (
        <div class="cvs-upload">
          <Bar running={running} word="Uploading" />
        </div>
      )}
      {held && !running && (
        <div class="cvs-upload cvs-upload-held" role="status" data-testid="uploaded">
          <div>
            <p>
              <strong>{summary(held)}</strong> from your computer
            </p>
            {held.notes.map((note) => (
              <p key={note} class="cvw-muted">
                {note}
              </p>
            ))}
          </div>
          <span class="cvw-spring" />
          <IconButton icon={X} label="Remove the uploaded files" onClick={take} />
        </div>
      )}
      {state === "empty" && (
        <label
          class={`cvs-upload cvs-upload-place${over ? " cvs-upload-over" : ""}`}
          onDragOver={(event) => {
            event.preventDefault();
            event.stopPropagation();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            event.stopPropagation();
            setOver(false);
            if (!event.dataTransfer) return;
            droppedFiles(event.dataTransfer).then(send, (error: unknown) => props.onError(messageOf(error)));
          }}
        >
          <Upload size={18} aria-hidden="true" />
          <span>{props.text}</span>
          <input
            type="file"
            class="cvw-visually-hidden"
            multiple={props.purpose === "media"}
            data-testid="upload-files"
            onChange={({ currentTarget }) => void send([...(currentTarget.files ?? [])])}
          />
        </label>
      )}
    </div>
  );
}
