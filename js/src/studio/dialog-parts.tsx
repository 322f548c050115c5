/** What several dialogs have: a file to read, and the buttons below. */
import { useState } from "preact/hooks";
import { useStudio } from "./context";
import { Button, Field } from "./parts";
import { UploadField } from "./UploadField";

/** A file of the kernel's, or one that was sent to it. */
export interface Source {
  readonly path: string;
  readonly upload: string | null;
}

export function SourceField(props: {
  source: Source;
  error: string | undefined;
  onChange: (source: Source) => void;
  onBusy: (busy: boolean) => void;
  onError: (text: string) => void;
}) {
  const studio = useStudio();
  const hello = studio.hello.value;
  const [sending, setSending] = useState(false);
  const { source } = props;
  const alone = source.upload !== null || sending;
  return (
    <Field label="File" error={props.error} hint={alone ? "" : `From ${hello?.folder ?? "the folder of the notebook"}.`}>
      {(attributes) => (
        <>
          {!alone && (
            <input
              class="cvw-field"
              spellcheck={false}
              {...attributes}
              data-testid="path"
              value={source.path}
              onInput={({ currentTarget }) => props.onChange({ path: currentTarget.value, upload: null })}
            />
          )}
          {hello?.uploads && (
            <UploadField
              purpose="dataset"
              text="Or choose or drop a file from your computer"
              onChange={(upload) => props.onChange({ path: "", upload })}
              onBusy={(busy) => {
                setSending(busy);
                props.onBusy(busy);
              }}
              onError={props.onError}
            />
          )}
        </>
      )}
    </Field>
  );
}

export function Foot(props: { close: () => void; word: string; busy?: boolean; danger?: boolean; disabled?: boolean }) {
  return (
    <div class="cvs-form-foot">
      <span class="cvw-spring" />
      <Button onClick={props.close}>Cancel</Button>
      <Button
        main={!props.danger}
        danger={props.danger === true}
        submit
        disabled={props.busy === true || props.disabled === true}
        testId="dialog-submit"
      >
        {props.word}
      </Button>
    </div>
  );
}
