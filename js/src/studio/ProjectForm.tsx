/** A new project. */
import { useState } from "preact/hooks";
import type { Errors, Made, RawLabel } from "./api";
import { useStudio } from "./context";
import { InputField } from "./fields";
import { LabelEditor } from "./LabelEditor";
import { problemWith } from "./labels";
import { NewForm, without } from "./NewForm";

export function ProjectForm() {
  const studio = useStudio();
  const [name, setName] = useState("");
  const [labels, setLabels] = useState<readonly RawLabel[]>([]);
  const [raw, setRaw] = useState(true);
  const [link, setLink] = useState("");
  const [errors, setErrors] = useState<Errors>({});
  const create = async (): Promise<void> => {
    const problem = problemWith(labels);
    const found = { ...(name.trim() ? {} : { name: "Give it a name." }), ...(problem ? { labels: problem } : {}) };
    setErrors(found);
    if (Object.keys(found).length > 0 || !raw) return;
    const made = await studio.change<Made>("studio.project.create", { name, labels, bug_tracker: link });
    if (made) setErrors(made.errors);
    if (made?.id !== undefined) studio.go({ at: "project", id: made.id });
  };
  return (
    <NewForm
      kind="project"
      name={name}
      error={errors.name}
      onName={(next) => {
        setName(next);
        setErrors(without(errors, "name"));
      }}
      onCreate={() => void create()}
    >
      <LabelEditor
        labels={labels}
        error={errors.labels}
        onChange={(next) => {
          setRaw(next !== null);
          if (next) setLabels(next);
          setErrors(without(errors, "labels"));
        }}
      />
      <InputField
        label="Issue tracker"
        error={errors.bug_tracker}
        hint="Where tasks without one of their own point to."
        placeholder="https://…"
        value={link}
        onChange={setLink}
      />
    </NewForm>
  );
}
