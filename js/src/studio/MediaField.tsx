/** Where the media of a new task are, and what the kernel finds there. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../words";
import type { Errors, MediaFacts } from "./api";
import { useStudio } from "./context";
import { Field } from "./parts";
import { UploadField } from "./UploadField";

const LOOK_MS = 600;

export interface MediaFields {
  readonly data: string;
  readonly sorting: string;
  readonly start_frame: number;
  readonly stop_frame: number | null;
  readonly frame_step: number;
  /** How the kernel knows the files that were sent to it; then `data` does not count. */
  readonly upload: string | null;
}

export const NO_MEDIA: MediaFields = {
  data: "",
  sorting: "natural",
  start_frame: 0,
  stop_frame: null,
  frame_step: 1,
  upload: null,
};

export function MediaField(props: {
  media: MediaFields;
  errors: Errors;
  onChange: (media: MediaFields) => void;
  onErrors: (errors: Errors) => void;
  /** Files are on their way. */
  onBusy: (busy: boolean) => void;
}) {
  const studio = useStudio();
  const { media, errors } = props;
  const [facts, setFacts] = useState<MediaFacts | null>(null);
  const [picture, setPicture] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const [sending, setSending] = useState(false);
  // An upload takes its time, in which other fields may change.
  const latest = useRef(media);
  latest.current = media;
  const told = useRef(props.onErrors);
  told.current = props.onErrors;
  useEffect(() => {
    setFacts(null);
    setPicture(null);
    setLooking(false);
    if (!media.data.trim() && !media.upload) return;
    const stop = new AbortController();
    let url: string | null = null;
    const timer = setTimeout(() => {
      setLooking(true);
      studio.link
        .call<MediaFacts>("studio.media.check", media, { signal: stop.signal })
        .then(({ result, buffers }) => {
          const [bytes] = buffers;
          if (Object.keys(result.errors).length > 0) told.current(result.errors);
          else setFacts(result);
          if (!bytes) return;
          url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: result.mime }));
          setPicture(url);
        })
        .catch((error: unknown) => {
          if (!stop.signal.aborted) told.current({ data: messageOf(error) });
        })
        .finally(() => {
          if (!stop.signal.aborted) setLooking(false);
        });
    }, LOOK_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [studio, media]);
  return (
    <>
      <Field
        wide
        label="Data"
        error={errors.data}
        hint={
          media.upload || sending
            ? "A copy of these files is kept with the store."
            : `A path, a pattern such as photos/**/*.jpg, a folder, an archive, a video, a manifest or a URL; several with one a line. From ${studio.hello.value?.folder ?? "the folder of the notebook"}.`
        }
      >
        {(attributes) => (
          <div class={`cvs-places${media.upload || sending ? " cvs-places-one" : ""}`}>
            {!(media.upload || sending) && (
              <textarea
                class="cvw-field cvs-area cvs-data"
                rows={3}
                spellcheck={false}
                {...attributes}
                data-testid="task-form-data"
                value={media.data}
                onInput={({ currentTarget }) => props.onChange({ ...media, data: currentTarget.value })}
              />
            )}
            {studio.hello.value?.uploads && (
              <UploadField
                purpose="media"
                text="Or choose or drop pictures, a video or a zip from your computer"
                onChange={(upload) => props.onChange({ ...latest.current, upload })}
                onBusy={(busy) => {
                  setSending(busy);
                  props.onBusy(busy);
                }}
                onError={(text) => props.onErrors({ data: text })}
              />
            )}
          </div>
        )}
      </Field>
      {looking && (
        <p class="cvw-muted" role="status">
          Looking…
        </p>
      )}
      {facts && (
        <div class="cvs-found" role="status" data-testid="media-facts">
          {picture && <img src={picture} alt="The first frame" />}
          <div>
            <p>
              <strong>
                {facts.frames.toLocaleString("en")} {facts.frames === 1 ? "frame" : "frames"}
              </strong>
              {facts.kind === "video" ? ` of video${facts.fps ? ` at ${Number(facts.fps.toFixed(2))} fps` : ""}` : ""},{" "}
              {facts.width} × {facts.height}
              {facts.same_size ? "" : " and other sizes"}
            </p>
            <p class="cvw-muted">
              {facts.first}
              {facts.frames > 1 && ` … ${facts.last}`}
            </p>
            {facts.notes.map((note) => (
              <p key={note} class="cvw-muted">
                {note}
              </p>
            ))}
          </div>
        </div>
      )}
    </>
  );
}
