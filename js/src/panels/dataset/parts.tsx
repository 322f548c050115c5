/** What the dialogs of files share: the choice of a format, and something that takes a while and can be stopped. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../../words";
import { useAnnotator } from "../context";
import type { Formats } from "./transfer";

/** The formats of one way, asked for when the dialog opens. */
export function useFormats(way: "in" | "out"): Formats | null {
  const { editor } = useAnnotator();
  const [formats, setFormats] = useState<Formats | null>(null);
  useEffect(() => {
    editor.link.call<Formats>("dataset.formats", { way }).then(
      ({ result }) => setFormats(result),
      (error: unknown) => editor.toast("error", messageOf(error)),
    );
  }, [editor, way]);
  return formats;
}

interface FormatChoice {
  readonly name: "export" | "import";
  readonly formats: Formats | null;
  readonly value: string;
  /** What choosing none does, where that is possible. */
  readonly none?: string;
  readonly onChoose: (format: string) => void;
}

export function FormatSelect({ name, formats, value, none, onChoose }: FormatChoice) {
  const first = none ?? (formats ? null : "Asking the kernel…");
  return (
    <label class="cvw-dataset-row">
      <span>Format</span>
      <select
        class="cvw-select"
        data-testid={`${name}-format`}
        value={value}
        disabled={!formats && !none}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {first && <option value="">{first}</option>}
        {(formats?.formats ?? []).map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

export interface Work {
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

export interface Working {
  /** Null while nothing goes on. */
  readonly work: Work | null;
  /** Do something; what fails is given to `failed`, unless it was stopped. */
  start(text: string, act: (signal: AbortSignal, tell: (work: Work) => void) => Promise<void>): void;
  stop(): void;
}

/** One thing at a time that takes a while; it ends with the dialog. */
export function useWork(failed: (text: string) => void): Working {
  const [work, setWork] = useState<Work | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(new Error("Stopped.")), []);
  return {
    work,
    start(text, act) {
      const control = new AbortController();
      running.current = control;
      setWork({ text, done: 0, total: 0 });
      act(control.signal, setWork)
        .catch((error: unknown) => {
          if (!control.signal.aborted) failed(messageOf(error));
        })
        .finally(() => {
          if (running.current === control) setWork(null);
        });
    },
    stop: () => running.current?.abort(new Error("Stopped.")),
  };
}

export function WorkBar({ working }: { working: Working }) {
  const { work } = working;
  if (!work) return null;
  const { text, done, total } = work;
  return (
    <div class="cvw-actions-progress" role="status" data-testid="dataset-progress">
      <span>{text}</span>
      <progress {...(total > 0 ? { max: total, value: done } : {})} aria-label={text} />
      <output>{total > 0 && `${Math.floor((100 * done) / total)} %`}</output>
      <button type="button" class="cvw-button" onClick={() => working.stop()}>
        Stop
      </button>
    </div>
  );
}

export function Problem({ text, name }: { text: string | undefined; name: string }) {
  return text ? (
    <p class="cvw-dataset-problem" role="alert" data-testid={`${name}-problem`}>
      {text}
    </p>
  ) : null;
}
