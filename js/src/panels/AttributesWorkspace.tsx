/** The side panel of attribute annotation: one object, one attribute, its values with their keys. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { run } from "../actions/actions";
import { assign } from "../actions/objects";
import type { AttributeSpec, LabelSpec, ObjectState } from "../document/records";
import { toQuery } from "../filter/query";
import { fromLogic, type JsonLogic } from "../filter/tree";
import {
  candidates,
  choicesOf,
  isTyped,
  type Place,
  placeOf,
  stepAttribute,
  stepFrame,
  stepObject,
} from "../workspaces/attributes";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { ChevronDown, ChevronLeft, ChevronRight, ChevronUp, Funnel, Pencil, X } from "./icons";
import { KeptField } from "./KeptField";
import { KeyHints } from "./KeyHints";

const HINTS = [
  ["0 – 9", "choose the value"],
  ["↑ ↓", "previous, next attribute"],
  ["Tab", "next object, Shift+Tab: previous"],
  ["← →", "previous, next frame with objects"],
] as const;

export function AttributesWorkspace() {
  const { editor } = useAnnotator();
  const place = placeOf(editor);
  const all = candidates(editor, editor.frame.value);
  const [selected] = editor.selected.value;
  const filtered = editor.filtering.value.matcher !== null;
  const at = all.findIndex((state) => state.id === selected?.id);
  return (
    <section class="cvw-work" aria-label="Attribute annotation" data-testid="attributes-workspace">
      <div class="cvw-work-head">
        <IconButton icon={ChevronLeft} label="Previous object (Shift+Tab)" small onClick={() => stepObject(editor, -1)} />
        <span class="cvw-work-title">
          {selected ? (
            <>
              <span class="cvw-swatch" style={{ background: editor.labelOf(selected.label)?.color }} />
              <strong class="cvw-ellipsis">{editor.nameOf(selected)}</strong>
              {at >= 0 && (
                <span class="cvw-muted">
                  {at + 1} of {all.length}
                </span>
              )}
            </>
          ) : (
            <span class="cvw-muted">No object</span>
          )}
        </span>
        <IconButton icon={ChevronRight} label="Next object (Tab)" small onClick={() => stepObject(editor, 1)} />
      </div>
      <FilterLine count={all.length} />
      <div class="cvw-work-body">
        {place ? (
          <Question key={`${place.state.id}-${place.spec.id}`} place={place} />
        ) : (
          <div class="cvw-empty">
            {selected
              ? "This object has no attributes."
              : all.length > 0
                ? "Press Tab for the first object."
                : filtered
                  ? "No object with attributes on this frame passes the filter."
                  : "No object on this frame has attributes."}
            {!selected && all.length === 0 && (
              <button type="button" class="cvw-button" onClick={() => stepFrame(editor, 1)}>
                {filtered ? "Next frame that has one" : "Next frame with objects"}
              </button>
            )}
          </div>
        )}
        {place && place.specs.length > 1 && <Overview place={place} />}
      </div>
      <KeyHints hints={HINTS} />
    </section>
  );
}

/** Which filter is on: what it leaves out is not gone through. */
function FilterLine({ count }: { count: number }) {
  const context = useAnnotator();
  const { editor } = context;
  const logic = editor.filter.value;
  if (!logic) return null;
  const { problem } = editor.filtering.value;
  const query = queryText(logic, editor.labels.value);
  return (
    <div class="cvw-work-filter" data-testid="attributes-filter">
      <Funnel size={14} aria-hidden="true" />
      <code class="cvw-ellipsis" title={query}>
        {query}
      </code>
      <span class="cvw-muted">{problem ? "does not fit the labels" : `${count} here`}</span>
      <IconButton icon={Pencil} label="Change the filter" small onClick={() => run("filter", context)} />
      <IconButton icon={X} label="Show all objects again" small onClick={() => run("clear-filter", context)} />
    </div>
  );
}

function queryText(logic: JsonLogic, labels: readonly LabelSpec[]): string {
  try {
    return toQuery(fromLogic(logic), labels);
  } catch {
    // What the builder cannot show works all the same.
    return JSON.stringify(logic);
  }
}

function presentValue(state: ObjectState, spec: AttributeSpec): string {
  return state.attributes[spec.id] ?? spec.default_value;
}

/** The attribute that is asked for. */
function Question({ place: { state, spec, specs, index } }: { place: Place }) {
  const { editor } = useAnnotator();
  const value = presentValue(state, spec);
  const disabled = editor.info.readOnly || editor.locked.value.has(state.id);
  return (
    <>
      <div class="cvw-work-row">
        <h3 class="cvw-work-question">{spec.name}</h3>
        {specs.length > 1 && (
          <>
            <span class="cvw-muted">
              {index + 1} of {specs.length}
            </span>
            <IconButton icon={ChevronUp} label="Previous attribute (↑)" small onClick={() => stepAttribute(editor, -1)} />
            <IconButton icon={ChevronDown} label="Next attribute (↓)" small onClick={() => stepAttribute(editor, 1)} />
          </>
        )}
      </div>
      {isTyped(spec) ? (
        <TypedValue state={state} spec={spec} value={value} disabled={disabled} />
      ) : (
        <fieldset class="cvw-choices" aria-label={spec.name}>
          {choicesOf(spec).map((choice, digit) => (
            <button
              key={choice}
              type="button"
              class="cvw-choice"
              aria-pressed={choice === value}
              disabled={disabled}
              onClick={() => assign(editor, state, spec, choice)}
            >
              {digit < 10 ? <kbd>{digit}</kbd> : <span />}
              <span class="cvw-ellipsis">{wordOf(spec, choice)}</span>
            </button>
          ))}
        </fieldset>
      )}
      {state.kind === "track" && spec.mutable && <p class="cvw-muted">Counts from this frame on.</p>}
    </>
  );
}

function wordOf(spec: AttributeSpec, choice: string): string {
  if (spec.input_type !== "checkbox") return choice;
  return choice === "true" ? "yes" : "no";
}

interface TypedProps {
  readonly state: ObjectState;
  readonly spec: AttributeSpec;
  readonly value: string;
  readonly disabled: boolean;
}

/** A text, or a number of a long range: its field has the keyboard while it is asked for. */
function TypedValue({ state, spec, value, disabled }: TypedProps) {
  const { editor } = useAnnotator();
  const field = useRef<HTMLInputElement>(null);
  const [min, max, step] = spec.values;
  const number = spec.input_type === "number";
  useLayoutEffect(() => {
    const input = field.current;
    const root = input?.closest<HTMLElement>(".cvw-root");
    if (!root?.contains(document.activeElement)) return;
    input?.focus({ preventScroll: true });
    input?.select();
    return () => root.focus({ preventScroll: true });
  }, []);
  const commit = (): void => {
    const input = field.current;
    if (!input) return;
    if (number) {
      const given = input.valueAsNumber;
      const bounded = Math.min(Math.max(given, Number(min)), Number(max));
      input.value = Number.isFinite(given) ? String(bounded) : value;
    }
    assign(editor, state, spec, input.value);
  };
  const onKey = (event: KeyboardEvent): void => {
    const act = {
      Enter: () => stepAttribute(editor, 1),
      ArrowDown: () => stepAttribute(editor, 1),
      ArrowUp: () => stepAttribute(editor, -1),
      Tab: () => stepObject(editor, event.shiftKey ? -1 : 1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    commit();
    act();
  };
  return (
    <>
      <KeptField
        field={field}
        class="cvw-field cvw-work-field"
        type={number ? "number" : "text"}
        aria-label={spec.name}
        min={number ? min : undefined}
        max={number ? max : undefined}
        step={number ? step : undefined}
        maxLength={4096}
        value={value}
        disabled={disabled}
        onChange={commit}
        onKeyDown={onKey}
      />
      {number && (
        <p class="cvw-muted">
          {min} to {max}, in steps of {step}
        </p>
      )}
    </>
  );
}

/** All attributes of the object with their values. */
function Overview({ place: { state, specs, spec } }: { place: Place }) {
  const { editor } = useAnnotator();
  return (
    <div class="cvw-overview">
      <h3>All attributes</h3>
      {specs.map((each, index) => (
        <button
          key={each.id}
          type="button"
          class="cvw-overview-row"
          aria-current={each === spec}
          onClick={() => {
            editor.workspaces.attribute.value = index;
          }}
        >
          <span class="cvw-ellipsis">{each.name}</span>
          <span class="cvw-ellipsis">{wordOf(each, presentValue(state, each)) || "–"}</span>
        </button>
      ))}
    </div>
  );
}
