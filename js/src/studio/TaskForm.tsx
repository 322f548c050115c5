/** A new task. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../words";
import type { Errors, Made, Page, ProjectRow, RawLabel } from "./api";
import { useStudio } from "./context";
import { LabelEditor } from "./LabelEditor";
import { problemWith } from "./labels";
import { MediaField, type MediaFields, NO_MEDIA } from "./MediaField";
import { NewForm, without } from "./NewForm";
import { Field } from "./parts";

const SORTINGS = ["natural", "lexicographical", "predefined", "random"] as const;

function whole(text: string): number | null {
  const value = Math.round(Number(text));
  return text.trim() === "" || !Number.isFinite(value) || value < 0 ? null : value;
}

export function TaskForm({ project: first }: { project: number | null }) {
  const studio = useStudio();
  const [name, setName] = useState("");
  const [project, setProject] = useState<number | null>(first);
  const [labels, setLabels] = useState<readonly RawLabel[]>([]);
  const [raw, setRaw] = useState(true);
  const [media, setMedia] = useState<MediaFields>(NO_MEDIA);
  const [extra, setExtra] = useState({ subset: "", segment_size: "", overlap: "", assignee: "", bug_tracker: "" });
  const [errors, setErrors] = useState<Errors>({});
  const [doing, setDoing] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(new Error("Stopped.")), []);
  const [projects, setProjects] = useState<readonly ProjectRow[]>([]);
  useEffect(() => {
    studio
      .ask<Page<ProjectRow>>("studio.list", { kind: "projects", sort: "name", limit: 200 })
      .then(({ rows }) => setProjects(rows))
      .catch((error: unknown) => studio.say("error", messageOf(error)));
  }, [studio]);
  const create = async (): Promise<void> => {
    const found: Record<string, string> = {};
    if (!name.trim()) found.name = "Give it a name.";
    if (!media.data.trim() && !media.upload) found.data = "Say where the pictures or the video are.";
    if (project === null && labels.length === 0)
      found.labels = "Add at least one label, or choose a project, which gives its own.";
    const problem = project === null ? problemWith(labels) : null;
    if (problem) found.labels = problem;
    setErrors(found);
    if (Object.keys(found).length > 0 || !raw) return;
    setDoing("Making the task…");
    const stopper = new AbortController();
    stop.current = stopper;
    try {
      const made = await studio.ask<Made>(
        "studio.task.create",
        {
          name,
          media,
          project,
          labels: project === null ? labels : [],
          subset: extra.subset,
          assignee: extra.assignee,
          bug_tracker: extra.bug_tracker,
          segment_size: whole(extra.segment_size),
          overlap: whole(extra.overlap),
        },
        {
          signal: stopper.signal,
          onProgress: (done, total, text) => setDoing(total > 0 ? `${text} ${Math.floor((100 * done) / total)} %` : text),
        },
      );
      setErrors(made.errors);
      if (made.id !== undefined) studio.openTask(made.id);
    } catch (error) {
      if (!stopper.signal.aborted) studio.say("error", messageOf(error));
    } finally {
      setDoing(null);
    }
  };
  const more = (field: keyof typeof extra) => (event: { currentTarget: { value: string } }) => {
    setExtra({ ...extra, [field]: event.currentTarget.value });
    setErrors(without(errors, field));
  };
  return (
    <NewForm
      kind="task"
      doing={doing}
      disabled={doing !== null || sending}
      name={name}
      error={errors.name}
      onName={(next) => {
        setName(next);
        setErrors(without(errors, "name"));
      }}
      onCreate={() => void create()}
    >
      <Field label="Project" hint="A project gives the labels.">
        {(attributes) => (
          <select
            class="cvw-select"
            {...attributes}
            value={project ?? ""}
            onChange={({ currentTarget }) => {
              setProject(currentTarget.value ? Number(currentTarget.value) : null);
              setErrors(without(errors, "labels"));
            }}
          >
            <option value="">none</option>
            {projects.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {project === null && (
        <LabelEditor
          labels={labels}
          error={errors.labels}
          onChange={(next) => {
            setRaw(next !== null);
            if (next) setLabels(next);
            setErrors(without(errors, "labels"));
          }}
        />
      )}
      <MediaField
        media={media}
        errors={errors}
        onErrors={(found) => setErrors({ ...without(errors, "data", "start_frame", "stop_frame"), ...found })}
        onChange={(next) => {
          setMedia(next);
          setErrors(without(errors, "data", "start_frame", "stop_frame"));
        }}
        onBusy={setSending}
      />
      <details class="cvs-form-more">
        <summary>Advanced</summary>
        <div class="cvs-form-grid">
          <Field label="Segment size" error={errors.segment_size} hint="Frames of a job; empty: one job of all.">
            {(attributes) => (
              <input
                class="cvw-field"
                type="number"
                min={1}
                {...attributes}
                value={extra.segment_size}
                onInput={more("segment_size")}
              />
            )}
          </Field>
          <Field
            label="Overlap"
            error={errors.overlap}
            hint="Frames that neighbouring jobs share; empty: 5 for video, 0 for pictures."
          >
            {(attributes) => (
              <input class="cvw-field" type="number" min={0} {...attributes} value={extra.overlap} onInput={more("overlap")} />
            )}
          </Field>
          <Field label="Sorting">
            {(attributes) => (
              <select
                class="cvw-select"
                {...attributes}
                value={media.sorting}
                onChange={({ currentTarget }) => setMedia({ ...media, sorting: currentTarget.value })}
              >
                {SORTINGS.map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Frame step" hint="25: every 25th frame.">
            {(attributes) => (
              <input
                class="cvw-field"
                type="number"
                min={1}
                {...attributes}
                value={media.frame_step}
                onInput={({ currentTarget }) => setMedia({ ...media, frame_step: whole(currentTarget.value) || 1 })}
              />
            )}
          </Field>
          <Field label="Start frame" error={errors.start_frame}>
            {(attributes) => (
              <input
                class="cvw-field"
                type="number"
                min={0}
                {...attributes}
                value={media.start_frame}
                onInput={({ currentTarget }) => setMedia({ ...media, start_frame: whole(currentTarget.value) ?? 0 })}
              />
            )}
          </Field>
          <Field label="Stop frame" error={errors.stop_frame} hint="The last one to take; empty: the last there is.">
            {(attributes) => (
              <input
                class="cvw-field"
                type="number"
                min={0}
                {...attributes}
                value={media.stop_frame ?? ""}
                onInput={({ currentTarget }) => setMedia({ ...media, stop_frame: whole(currentTarget.value) })}
              />
            )}
          </Field>
          <Field label="Subset" error={errors.subset} hint="train, validation, test or any other.">
            {(attributes) => <input class="cvw-field" {...attributes} value={extra.subset} onInput={more("subset")} />}
          </Field>
          <Field label="Assigned to">
            {(attributes) => <input class="cvw-field" {...attributes} value={extra.assignee} onInput={more("assignee")} />}
          </Field>
          <Field label="Issue tracker" error={errors.bug_tracker}>
            {(attributes) => (
              <input
                class="cvw-field"
                placeholder="https://…"
                {...attributes}
                value={extra.bug_tracker}
                onInput={more("bug_tracker")}
              />
            )}
          </Field>
        </div>
      </details>
    </NewForm>
  );
}
