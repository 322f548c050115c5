import { useEffect, useRef, useState } from "preact/hooks";
import { copyText } from "../panels/copy-text";
import { Copy } from "../panels/icons";
import { Button } from "./parts";
import { type RawProblem, rawText, readRaw, withoutIds } from "./raw-labels";
import type { EditorState, LabelStore } from "./store";

/** The labels as text: Done applies it, Reset takes back what was typed. */
export function Raw({ store, state }: { store: LabelStore; state: EditorState }) {
  const [text, setText] = useState(() => rawText(state.labels));
  const [problems, setProblems] = useState<readonly RawProblem[]>([]);
  const [shown, setShown] = useState(state.base);
  const field = useRef<HTMLTextAreaElement>(null);
  const reset = (): void => {
    setText(rawText(state.labels));
    setProblems([]);
    store.clear();
  };
  const untouched = useRef(true);
  // Labels that change elsewhere are shown at once, unless somebody is typing.
  useEffect(() => {
    if (state.base === shown) return;
    setShown(state.base);
    if (untouched.current) setText(rawText(state.labels));
  }, [state.base]);
  const done = async (): Promise<void> => {
    const read = readRaw(text);
    setProblems(read.problems);
    if (read.problems.length > 0) {
      goTo(read.problems[0]?.line ?? 1);
      return;
    }
    if (!(await store.change(read.labels))) return;
    untouched.current = true;
    setText(rawText(store.state.peek()?.labels ?? []));
  };
  const goTo = (line: number): void => {
    const area = field.current;
    if (!area) return;
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.focus({ preventScroll: true });
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    const height = Number.parseFloat(getComputedStyle(area).lineHeight) || 18;
    area.scrollTop = Math.max(0, (line - 4) * height);
  };
  const copy = (): void => {
    if (!field.current?.form) return;
    copyText(text, field.current.form).then(
      () => {
        store.said.value = "Labels copied";
      },
      () => {
        store.error.value = "The browser does not let the page copy: press Ctrl+C.";
      },
    );
  };
  const wrong = problems.length > 0 || store.refused.value.length > 0;
  return (
    <form
      class="cvw-labels-raw"
      aria-label="Labels as JSON"
      onSubmit={(event) => {
        event.preventDefault();
        void done();
      }}
    >
      <textarea
        ref={field}
        class="cvw-labels-input"
        aria-label="Labels as JSON"
        aria-invalid={wrong ? "true" : undefined}
        spellcheck={false}
        readOnly={state.read_only}
        value={text}
        data-testid="raw"
        onInput={(event) => {
          untouched.current = false;
          setText(event.currentTarget.value);
        }}
        onPaste={(event) => {
          const pasted = event.clipboardData?.getData("text") ?? "";
          const cleaned = withoutIds(pasted);
          if (cleaned === pasted) return;
          event.preventDefault();
          const area = event.currentTarget;
          area.setRangeText(cleaned, area.selectionStart, area.selectionEnd, "end");
          untouched.current = false;
          setText(area.value);
        }}
      />
      {wrong && (
        <div role="alert">
          <ul class="cvw-labels-problems">
            {problems.map(({ line, text: what }) => (
              <li key={`${line} ${what}`}>
                <button type="button" class="cvw-labels-link" onClick={() => goTo(line)}>
                  Line {line}
                </button>
                : {what}
              </li>
            ))}
            {store.refused.value.map(({ label, attribute, text: what }) => (
              <li key={`${label} ${attribute} ${what}`}>{attribute ? `${label}, ${attribute}: ${what}` : what}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="cvw-labels-foot">
        <Button label="Copy" text icon={Copy} onClick={copy} testId="copy-raw" />
        <span class="cvw-labels-spring" />
        {!state.read_only && (
          <>
            <Button label="Reset" text onClick={reset} testId="reset" hint="Take back what was typed" />
            <Button
              label="Done"
              text
              kind="primary"
              submit
              disabled={store.busy.value}
              testId="raw-done"
              hint="Apply the labels"
            />
          </>
        )}
      </div>
    </form>
  );
}
