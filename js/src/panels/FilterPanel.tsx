/** The dialog of the filter: the builder, the same filter as JSON logic and as a query of pandas, and the filters used last. */
import { useMemo, useRef, useState } from "preact/hooks";
import { applyFilter, recentFilters } from "../actions/filter-actions";
import type { LabelSpec } from "../document/records";
import { matcherOf } from "../filter/logic";
import { propertiesOf } from "../filter/properties";
import { toQuery } from "../filter/query";
import { EMPTY_GROUP, FilterError, fromLogic, type Group, type JsonLogic, parseText, toLogic, withNode } from "../filter/tree";
import { useAnnotator } from "./context";
import { copyText } from "./copy-text";
import { Dialog } from "./Dialog";
import { GroupEditor } from "./FilterBuilder";
import { IconButton } from "./IconButton";
import { Copy } from "./icons";
import { useMoving } from "./use-moving";

export function FilterPanel() {
  return (
    <Dialog name="filter" title="Filter" wide>
      <FilterForm />
    </Dialog>
  );
}

function FilterForm() {
  const { editor, ui } = useAnnotator();
  const labels = editor.labels.value;
  const [tree, setTree] = useState<Group>(() => treeOf(editor.filter.peek()));
  /** JSON while it is typed; null: as the builder has it. */
  const [typed, setTyped] = useState<string | null>(null);
  const [typedProblem, setTypedProblem] = useState<string | null>(null);
  const draft = useMemo(() => readDraft(tree, labels), [tree, labels]);
  const problem = typedProblem ?? draft.problem;
  const states = editor.document.statesAt(editor.frame.value);
  const count = draft.test ? states.filter(draft.test).length : states.length;
  const build = (next: Group): void => {
    setTree(next);
    setTyped(null);
    setTypedProblem(null);
  };
  const builder = useRef<HTMLDivElement>(null);
  const moving = useMoving(builder, tree, build, (text) => editor.announce(text));
  const type = (text: string): void => {
    setTyped(text);
    try {
      setTree(text.trim() === "" ? EMPTY_GROUP : parseText(text));
      setTypedProblem(null);
    } catch (error) {
      setTypedProblem(messageOf(error));
    }
  };
  const close = (): void => {
    ui.dialog.value = null;
  };
  const submit = (logic: JsonLogic | null): void => {
    applyFilter(editor, logic);
    close();
  };
  return (
    <form
      class="cvw-filter"
      onSubmit={(event) => {
        event.preventDefault();
        if (!problem) submit(draft.logic);
      }}
    >
      <div ref={builder} class="cvw-filter-builder">
        <GroupEditor
          node={tree}
          path={[]}
          properties={propertiesOf(labels)}
          onChange={(path, node) => build(withNode(tree, path, node))}
          moving={moving}
        />
        {moving.line && <div class="cvw-filter-line" style={{ ...moving.line }} aria-hidden="true" />}
      </div>
      {problem ? (
        <p class="cvw-filter-problem" role="alert">
          {problem}
        </p>
      ) : (
        <p class="cvw-muted" role="status" data-testid="filter-count">
          {count} of {states.length} object{states.length === 1 ? "" : "s"} on this frame match
          {states.length === 1 ? "es" : ""}
        </p>
      )}
      <div class="cvw-filter-texts">
        <Text
          label="JSON logic"
          value={typed ?? (draft.logic ? JSON.stringify(draft.logic) : "")}
          onInput={type}
          onBlur={() => !typedProblem && setTyped(null)}
        />
        <Text label="pandas query" value={draft.query} />
      </div>
      <Recent labels={labels} onChoose={(logic) => build(treeOf(logic))} />
      <div class="cvw-filter-foot">
        <button type="submit" class="cvw-filter-button cvw-filter-main" disabled={problem !== null}>
          Submit
        </button>
        <button type="button" class="cvw-filter-button" onClick={() => submit(null)}>
          Clear filter
        </button>
        <button type="button" class="cvw-filter-button" onClick={close}>
          Cancel
        </button>
      </div>
    </form>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly onInput?: (text: string) => void;
  readonly onBlur?: () => void;
}

/** A text to copy, and perhaps to edit. */
function Text({ label, value, onInput, onBlur }: TextProps) {
  const { editor } = useAnnotator();
  const head = useRef<HTMLDivElement>(null);
  const copy = (): void => {
    if (!head.current) return;
    copyText(value, head.current).then(
      () => editor.announce(`${label} copied`),
      () => editor.toast("warning", "The browser does not let the page copy: select the text and press Ctrl+C."),
    );
  };
  return (
    <div class="cvw-filter-text">
      <div ref={head} class="cvw-filter-head">
        <h3>{label}</h3>
        <span class="cvw-spring" />
        <IconButton icon={Copy} label={`Copy the ${label}`} small disabled={value === ""} onClick={copy} />
      </div>
      <textarea
        class="cvw-field"
        aria-label={label}
        rows={4}
        spellcheck={false}
        readOnly={!onInput}
        value={value}
        onInput={(event) => onInput?.(event.currentTarget.value)}
        onBlur={onBlur}
      />
    </div>
  );
}

function Recent({ labels, onChoose }: { labels: readonly LabelSpec[]; onChoose: (logic: JsonLogic) => void }) {
  const { editor } = useAnnotator();
  const recent = recentFilters(editor);
  if (recent.length === 0) return null;
  return (
    <div>
      <h3>Recent</h3>
      <ul class="cvw-filter-recent" aria-label="Recent filters">
        {recent.map((logic) => {
          const text = JSON.stringify(logic);
          return (
            <li key={text}>
              <button type="button" class="cvw-filter-button cvw-ellipsis" title={text} onClick={() => onChoose(logic)}>
                {readDraft(treeOf(logic), labels).query || text}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function treeOf(logic: JsonLogic | null): Group {
  return logic ? fromLogic(logic) : EMPTY_GROUP;
}

function messageOf(error: unknown): string {
  if (error instanceof FilterError) return error.message;
  throw error;
}

/** What a tree comes to: rules that lack a value are left out. */
function readDraft(tree: Group, labels: readonly LabelSpec[]) {
  const logic = toLogic(tree);
  if (!logic) return { logic, test: null, problem: null, query: "" };
  try {
    const { test } = matcherOf(logic, labels);
    return { logic, test, problem: null, query: queryOf(fromLogic(logic), labels) };
  } catch (error) {
    return { logic, test: null, problem: messageOf(error), query: "" };
  }
}

/** The query, or as a comment why there is none. */
function queryOf(tree: Group, labels: readonly LabelSpec[]): string {
  try {
    return toQuery(tree, labels);
  } catch (error) {
    return `# ${messageOf(error)}`;
  }
}
