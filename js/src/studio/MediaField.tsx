/** Where the media of a new task are, and what the kernel finds there. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Errors, MediaFacts } from "./api";
import { useStudio } from "./context";
import { Field } from "./parts";
import { messageOf } from "./studio";

const LOOK_MS = 600;

export interface MediaFields {
  readonly data: string;
  readonly sorting: string;
  readonly start_frame: number;
  readonly stop_frame: number | null;
  readonly frame_step: number;
}

export const NO_MEDIA: MediaFields = { data: "", sorting: "natural", start_frame: 0, stop_frame: null, frame_step: 1 };

export function MediaField(props: {
  media: MediaFields;
  errors: Errors;
  onChange: (media: MediaFields) => void;
  onErrors: (errors: Errors) => void;
}) {
  const studio = useStudio();
  const { media, errors } = props;
  const [facts, setFacts] = useState<MediaFacts | null>(null);
  const [picture, setPicture] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const told = useRef(props.onErrors);
  told.current = props.onErrors;
  useEffect(() => {
    setFacts(null);
    setPicture(null);
    setLooking(false);
    if (!media.data.trim()) return;
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
        hint={`A path, a pattern such as photos/**/*.jpg, a folder, an archive, a video, a manifest or a URL; several with one a line. From ${studio.hello.value?.folder ?? "the folder of the notebook"}.`}
      >
        {(attributes) => (
          <textarea
            class="cvw-field cvs-area cvs-data"
            rows={2}
            spellcheck={false}
            {...attributes}
            data-testid="task-form-data"
            value={media.data}
            onInput={({ currentTarget }) => props.onChange({ ...media, data: currentTarget.value })}
          />
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
