/** What the forms of new tasks and projects share. The kernel looks at every field; what it finds stands at the field. */
import type { ComponentChildren } from "preact";
import type { Errors } from "./api";
import { useStudio } from "./context";
import { InputField } from "./fields";
import { Button } from "./parts";

/** Errors by field, without those of fields that were just changed. */
export function without(errors: Errors, ...names: readonly string[]): Errors {
  return Object.fromEntries(Object.entries(errors).filter(([name]) => !names.includes(name)));
}

export function NewForm(props: {
  kind: "task" | "project";
  name: string;
  error: string | undefined;
  onName: (name: string) => void;
  onCreate: () => void;
  /** What goes on at present. */
  doing?: string | null;
  disabled?: boolean;
  children: ComponentChildren;
}) {
  const studio = useStudio();
  const { kind, doing } = props;
  return (
    <form
      class="cvs-page cvs-form"
      aria-label={`New ${kind}`}
      data-testid={`${kind}-form`}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        props.onCreate();
      }}
    >
      <h2>New {kind}</h2>
      <InputField label="Name" error={props.error} testId={`${kind}-form-name`} value={props.name} onChange={props.onName} />
      {props.children}
      <div class="cvs-form-foot">
        {doing && (
          <span class="cvw-muted" role="status">
            {doing}
          </span>
        )}
        <span class="cvw-spring" />
        <Button onClick={() => studio.back()}>Cancel</Button>
        <Button main submit disabled={props.disabled === true} testId={`${kind}-form-create`}>
          Create {kind}
        </Button>
      </div>
    </form>
  );
}
