/** The dialog of annotation actions: which one, with what, on which frames and objects; then how far it is and what it did. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  type ActionParameter,
  type ActionSpec,
  defaultsOf,
  type FrameChoice,
  framesOf,
  limitsOf,
  type ParameterValue,
  type RunRequest,
  type RunResult,
} from "../wire/actions";
import { messageOf } from "../words";
import { useAnnotator } from "./context";
import { Dialog } from "./Dialog";
import { Check, Choice } from "./SettingControls";

type Values = Readonly<Record<string, ParameterValue>>;
type Progress = { readonly value: number; readonly total: number };
type Outcome = { readonly text: string; readonly bad: boolean; readonly details: readonly string[] };

const RANGES: Readonly<Record<FrameChoice["which"], string>> = {
  frame: "This frame",
  range: "From … to …",
  all: "All frames of the job",
};

export function ActionsDialog() {
  return (
    <Dialog name="actions" title="Run an action">
      <Content />
    </Dialog>
  );
}

function Content() {
  const { editor } = useAnnotator();
  const [actions, setActions] = useState<readonly ActionSpec[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const wanted = new AbortController();
    editor.link
      .call<{ actions: readonly ActionSpec[] }>("actions.list", {}, { signal: wanted.signal })
      .then(({ result }) => setActions(result.actions))
      .catch((error: unknown) => !wanted.signal.aborted && setProblem(messageOf(error)));
    return () => wanted.abort();
  }, [editor]);
  if (problem) return <p role="alert">{problem}</p>;
  if (!actions) return <p class="cvw-empty">Asking the kernel…</p>;
  return <Form actions={actions} />;
}

function Form({ actions }: { actions: readonly ActionSpec[] }) {
  const { editor, ui } = useAnnotator();
  const { first, last } = editor.player;
  const [name, setName] = useState(actions[0]?.name ?? "");
  const action = actions.find((each) => each.name === name) as ActionSpec;
  const [changed, setChanged] = useState<Readonly<Record<string, Values>>>({});
  const values = { ...defaultsOf(action, last), ...changed[name] };
  const [frames, setFrames] = useState<FrameChoice>({ which: "frame", from: editor.frame.peek(), to: last });
  const selection = editor.selection.value;
  const filter = editor.filtering.value.matcher ? editor.filter.value : null;
  const [onlySelected, setOnlySelected] = useState(selection.length > 0);
  const [onlyFiltered, setOnlyFiltered] = useState(filter !== null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const { progress, start, cancel } = useRun(setOutcome);
  const running = progress !== null;
  const form = useRef<HTMLFormElement>(null);
  const opened = useRef(false);
  // What had the focus is gone when a run begins or ends; without any, keys would go to the notebook.
  useLayoutEffect(() => {
    const wanted = opened.current ? ".cvw-filter-foot button" : "select";
    form.current?.querySelector<HTMLElement>(wanted)?.focus({ preventScroll: true });
    opened.current = true;
  }, [running]);

  const chosen = action.per === "one" ? { ...frames, which: "frame" as const } : frames;
  const request = (): RunRequest => {
    const [from, to] = framesOf(chosen, editor.frame.peek(), first, last);
    return {
      name,
      parameters: values,
      start: from,
      stop: to,
      ...(onlySelected && selection.length > 0 ? { ids: selection } : {}),
      ...(onlyFiltered && filter ? { filter } : {}),
    };
  };

  return (
    <form
      ref={form}
      class="cvw-actions"
      onSubmit={(event) => {
        event.preventDefault();
        start(request());
      }}
    >
      <fieldset disabled={running}>
        <Choice
          label="Action"
          value={name}
          choices={Object.fromEntries(actions.map((each) => [each.name, each.name]))}
          onChange={(value) => {
            setName(value);
            setOutcome(null);
          }}
        />
        {action.description && <p class="cvw-muted">{action.description}</p>}
        {action.parameters.map((parameter) => (
          <Field
            key={`${name} ${parameter.name}`}
            parameter={parameter}
            value={values[parameter.name] as ParameterValue}
            frames={[first, last]}
            onChange={(value) => setChanged({ ...changed, [name]: { ...changed[name], [parameter.name]: value } })}
          />
        ))}
        <h3>Where</h3>
        {action.per === "one" ? (
          <p class="cvw-muted">Objects of this frame ({editor.frame.value}).</p>
        ) : (
          <Choice label="Frames" value={frames.which} choices={RANGES} onChange={(which) => setFrames({ ...frames, which })} />
        )}
        {chosen.which === "range" && (
          <div class="cvw-actions-range">
            {(["from", "to"] as const).map((end) => (
              <NumberField
                key={end}
                label={end === "from" ? "From" : "To"}
                value={frames[end]}
                low={first}
                high={last}
                step={1}
                onChange={(value) => setFrames({ ...frames, [end]: value })}
              />
            ))}
          </div>
        )}
        {selection.length > 0 && (
          <Check label={`Only selected objects (${selection.length})`} checked={onlySelected} onChange={setOnlySelected} />
        )}
        {filter && <Check label="Only objects that match the filter" checked={onlyFiltered} onChange={setOnlyFiltered} />}
      </fieldset>
      {progress && (
        <label class="cvw-actions-progress">
          <progress max={Math.max(progress.total, 1)} value={progress.value} />
          <output>
            {progress.value} / {progress.total}
          </output>
        </label>
      )}
      {outcome && (
        <div class={outcome.bad ? "cvw-filter-problem" : undefined} role={outcome.bad ? "alert" : "status"}>
          <p data-testid="action-outcome">{outcome.text}</p>
          {outcome.details.length > 1 && (
            <ul class="cvw-muted">
              {outcome.details.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          )}
        </div>
      )}
      <div class="cvw-filter-foot">
        {progress ? (
          <button type="button" class="cvw-filter-button" onClick={cancel} data-testid="action-cancel">
            Cancel
          </button>
        ) : (
          <>
            <button type="submit" class="cvw-filter-button cvw-filter-main" data-testid="action-run">
              Run
            </button>
            <button
              type="button"
              class="cvw-filter-button"
              onClick={() => {
                ui.dialog.value = null;
              }}
            >
              Close
            </button>
          </>
        )}
      </div>
    </form>
  );
}

interface Run {
  /** Null while nothing runs. */
  readonly progress: Progress | null;
  readonly start: (request: RunRequest) => void;
  readonly cancel: () => void;
}

/** One run at a time; closing the dialog cancels it, and then nothing is written. */
function useRun(done: (outcome: Outcome | null) => void): Run {
  const { editor } = useAnnotator();
  const [progress, setProgress] = useState<Progress | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const finish = (outcome: Outcome): void => {
    running.current = null;
    setProgress(null);
    done(outcome);
    editor.announce(outcome.text);
  };
  const start = (request: RunRequest): void => {
    if (running.current) return;
    const control = new AbortController();
    running.current = control;
    done(null);
    setProgress({ value: 0, total: request.stop - request.start + 1 });
    editor.link
      .call<RunResult>("actions.run", request, {
        signal: control.signal,
        onProgress: (value, total) => setProgress({ value, total }),
      })
      .then(({ result }) => finish({ text: result.text, bad: false, details: result.skipped }))
      .catch((error: unknown) => {
        if (control.signal.aborted) finish({ text: "Cancelled: nothing was changed.", bad: false, details: [] });
        else finish({ text: messageOf(error), bad: true, details: [] });
      });
  };
  return { progress, start, cancel: () => running.current?.abort() };
}

interface FieldProps {
  readonly parameter: ActionParameter;
  readonly value: ParameterValue;
  /** First and last frame of the job. */
  readonly frames: readonly [first: number, last: number];
  readonly onChange: (value: ParameterValue) => void;
}

function Field({ parameter, value, frames, onChange }: FieldProps) {
  if (parameter.kind === "checkbox") return <Check label={parameter.label} checked={value === true} onChange={onChange} />;
  if (parameter.kind === "select") {
    const choices = Object.fromEntries(parameter.choices.map((each) => [each, each]));
    return <Choice label={parameter.label} value={String(value)} choices={choices} onChange={onChange} />;
  }
  const [low, high] = limitsOf(parameter, ...frames);
  return (
    <NumberField
      label={parameter.label}
      value={Number(value)}
      low={low}
      high={high}
      step={Number.isInteger(parameter.step) ? parameter.step : "any"}
      onChange={onChange}
    />
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly step: number | "any";
  readonly onChange: (value: number) => void;
}

/** The browser itself says what is wrong with a number, before anything is sent. */
function NumberField({ label, value, low, high, step, onChange }: NumberFieldProps) {
  return (
    <label class="cvw-setting">
      <span>{label}</span>
      <input
        class="cvw-field"
        type="number"
        required
        min={low}
        max={high}
        step={step}
        value={value}
        onInput={(event) => {
          const typed = event.currentTarget.valueAsNumber;
          if (!Number.isNaN(typed)) onChange(typed);
        }}
      />
    </label>
  );
}
