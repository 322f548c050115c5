import { useRef, useState } from "preact/hooks";
import { X } from "../panels/icons";
import { Field } from "./parts";

interface ValuesProps {
  readonly values: readonly string[];
  readonly problem: string | null;
  readonly onChange: (values: string[]) => void;
}

const SEPARATORS = /[\n\r;]+/;

/** Values of a select: Enter adds what is typed, Backspace in the empty field takes the last one away. */
export function ValuesField({ values, problem, onChange }: ValuesProps) {
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const add = (text: string): void => {
    const more = text.split(SEPARATORS).map((value) => value.trim());
    const fresh = [...new Set(more)].filter((value) => value !== "" && !values.includes(value));
    if (fresh.length > 0) onChange([...values, ...fresh]);
    setTyped("");
  };
  return (
    <Field label="Values" problem={problem} grow>
      {(input) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the values goes to their field
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field is in the order of Tab
        <div class="cvw-labels-input cvw-labels-values" onClick={() => field.current?.focus()}>
          {values.map((value, index) => (
            <span key={value} class="cvw-labels-value">
              {value}
              <button
                type="button"
                aria-label={`Remove the value ${value}`}
                onClick={() => {
                  onChange(values.filter((_, other) => other !== index));
                  field.current?.focus();
                }}
              >
                <X size={12} aria-hidden="true" />
              </button>
            </span>
          ))}
          <input
            {...input}
            ref={field}
            type="text"
            value={typed}
            placeholder={values.length === 0 ? "Type a value, press Enter" : ""}
            autocomplete="off"
            spellcheck={false}
            data-testid="values"
            onInput={(event) => setTyped(event.currentTarget.value)}
            onPaste={(event) => {
              const text = event.clipboardData?.getData("text") ?? "";
              if (!SEPARATORS.test(text.trim())) return;
              event.preventDefault();
              add(text);
            }}
            onBlur={() => add(typed)}
            onKeyDown={(event) => {
              if (event.key === "Enter") {
                // An empty field leaves Enter to the form.
                if (typed.trim() === "") return;
                event.preventDefault();
                add(typed);
              } else if (event.key === "Backspace" && typed === "" && values.length > 0) onChange(values.slice(0, -1));
            }}
          />
        </div>
      )}
    </Field>
  );
}
