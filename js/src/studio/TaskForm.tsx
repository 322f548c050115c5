/** A new task. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../words";
import type { Errors, Made, Page, ProjectRow, RawLabel } from "./api";
import { useStudio } from "./context";
import { ChoiceField, InputField } from "./fields";
import { LabelEditor } from "./LabelEditor";
import { problemWith } from "./labels";
import { MediaField, type MediaFields, NO_MEDIA } from "./MediaField";
import { NewForm, without } from "./NewForm";

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
  const more = (field: keyof typeof extra) => (text: string) => {
    setExtra({ ...extra, [field]: text });
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
      <ChoiceField
        label="Project"
        hint="A project gives the labels."
        none="none"
        choices={projects.map(({ id, name }) => [String(id), name])}
        value={String(project ?? "")}
        onChange={(next) => {
          setProject(next ? Number(next) : null);
          setErrors(without(errors, "labels"));
        }}
      />
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
          <InputField
            label="Segment size"
            error={errors.segment_size}
            hint="Frames of a job; empty: one job of all."
            min={1}
            value={extra.segment_size}
            onChange={more("segment_size")}
          />
          <InputField
            label="Overlap"
            error={errors.overlap}
            hint="Frames that neighbouring jobs share; empty: 5 for video, 0 for pictures."
            min={0}
            value={extra.overlap}
            onChange={more("overlap")}
          />
          <ChoiceField
            label="Sorting"
            choices={SORTINGS}
            value={media.sorting}
            onChange={(sorting) => setMedia({ ...media, sorting })}
          />
          <InputField
            label="Frame step"
            hint="25: every 25th frame."
            min={1}
            value={media.frame_step}
            onChange={(text) => setMedia({ ...media, frame_step: whole(text) || 1 })}
          />
          <InputField
            label="Start frame"
            error={errors.start_frame}
            min={0}
            value={media.start_frame}
            onChange={(text) => setMedia({ ...media, start_frame: whole(text) ?? 0 })}
          />
          <InputField
            label="Stop frame"
            error={errors.stop_frame}
            hint="The last one to take; empty: the last there is."
            min={0}
            value={media.stop_frame ?? ""}
            onChange={(text) => setMedia({ ...media, stop_frame: whole(text) })}
          />
          <InputField
            label="Subset"
            error={errors.subset}
            hint="train, validation, test or any other."
            value={extra.subset}
            onChange={more("subset")}
          />
          <InputField label="Assigned to" value={extra.assignee} onChange={more("assignee")} />
          <InputField
            label="Issue tracker"
            error={errors.bug_tracker}
            placeholder="https://…"
            value={extra.bug_tracker}
            onChange={more("bug_tracker")}
          />
        </div>
      </details>
    </NewForm>
  );
}
