import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../words";
import { colorOf } from "./color";
import { cancelling } from "./LabelForm";
import { Button, counted, SelectField, titled } from "./parts";
import type { LabelSpec } from "./spec";
import type { LabelStore, OfferedDetector } from "./store";

interface FromModelProps {
  readonly store: LabelStore;
  readonly present: readonly LabelSpec[];
  readonly onClose: () => void;
}

/** Labels that a detector knows: choose it, tick what is wanted. */
export function FromModel({ store, present, onClose }: FromModelProps) {
  const [models, setModels] = useState<readonly OfferedDetector[] | null>(null);
  const [chosen, setChosen] = useState("");
  const [labels, setLabels] = useState<readonly LabelSpec[] | null>(null);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [search, setSearch] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const asked = useRef("");

  const choose = async (id: string): Promise<void> => {
    setChosen(id);
    setLabels(null);
    setTicked(new Set());
    setProblem(null);
    asked.current = id;
    if (id === "") return;
    try {
      const found = await store.labelsOf(id);
      // Another one may have been chosen while this one was loaded.
      if (asked.current === id) setLabels(found);
    } catch (error) {
      if (asked.current === id) setProblem(messageOf(error));
    }
  };
  useEffect(() => {
    store.detectors().then(
      (found) => {
        setModels(found);
        const usable = found.filter((model) => model.problem === null);
        if (usable.length === 1) void choose(usable[0]?.id ?? "");
      },
      (error: unknown) => setProblem(messageOf(error)),
    );
    form.current?.focus({ preventScroll: true });
  }, []);

  const there = new Set(present.map(({ name }) => name));
  const free = labels?.filter(({ name }) => !there.has(name)) ?? [];
  const shown = labels?.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase())) ?? [];
  const wanted = free.filter(({ name }) => ticked.has(name));
  const tick = (names: readonly string[], on: boolean): void => {
    const next = new Set(ticked);
    for (const name of names) on ? next.add(name) : next.delete(name);
    setTicked(next);
  };
  const save = async (): Promise<void> => {
    if (wanted.length > 0 && (await store.change([...(store.state.peek()?.labels ?? []), ...wanted]))) onClose();
  };
  const freeShown = shown.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  const all = freeShown.length > 0 && freeShown.every((name) => ticked.has(name));

  return (
    <form
      ref={form}
      class="cvw-labels-form"
      aria-label="Labels from a model"
      tabIndex={-1}
      data-testid="from-model-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={cancelling(onClose)}
    >
      {models !== null && models.length === 0 ? (
        <p class="cvw-labels-note">
          There is no detector yet. Offer one from a cell, <code>editor.use(model)</code> or <code>annotator.use(model)</code>,
          and its labels can be taken here.
        </p>
      ) : (
        <SelectField
          label="Model"
          value={chosen}
          testId="from-model"
          disabled={models === null}
          options={[
            ["", models === null ? "…" : "Choose a model"],
            ...(models ?? []).map((model) => [model.id, `${model.name} (${model.framework})`] as const),
          ]}
          onChange={(id) => void choose(id)}
        />
      )}
      {chosen !== "" && labels === null && problem === null && (
        <p class="cvw-labels-quiet" role="status">
          The model is loaded…
        </p>
      )}
      {labels !== null && labels.length === 0 && <p class="cvw-labels-note">This model does not say what it finds.</p>}
      {labels !== null && labels.length > 0 && (
        <fieldset
          class="cvw-labels-found"
          aria-label={`Labels of ${models?.find(({ id }) => id === chosen)?.name ?? "the model"}`}
        >
          <div class="cvw-labels-found-bar">
            <label class="cvw-labels-check">
              <input
                type="checkbox"
                checked={all}
                disabled={freeShown.length === 0}
                data-testid="from-model-all"
                onChange={(event) => tick(freeShown, event.currentTarget.checked)}
              />
              All
            </label>
            {labels.length > 12 && (
              <input
                class="cvw-labels-input"
                type="search"
                aria-label="Search labels"
                placeholder="Search"
                value={search}
                onInput={(event) => setSearch(event.currentTarget.value)}
              />
            )}
            <span class="cvw-labels-spring" />
            <span class="cvw-labels-quiet">
              {wanted.length} of {counted(labels.length, "label")}
            </span>
          </div>
          <ul>
            {shown.map((label) => (
              <li key={label.name}>
                <label
                  class="cvw-labels-check"
                  title={there.has(label.name) ? "There is a label of this name already" : undefined}
                >
                  <input
                    type="checkbox"
                    checked={ticked.has(label.name)}
                    disabled={there.has(label.name)}
                    onChange={(event) => tick([label.name], event.currentTarget.checked)}
                  />
                  <span class="cvw-labels-swatch" style={{ background: colorOf(label) }} />
                  <span class="cvw-labels-title">{label.name}</span>
                  <span class="cvw-labels-facts">
                    {there.has(label.name) ? "There already" : label.type === "any" ? "" : titled(label.type)}
                  </span>
                </label>
              </li>
            ))}
          </ul>
        </fieldset>
      )}
      {problem !== null && (
        <p class="cvw-labels-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="cvw-labels-foot">
        <Button label="Cancel" text onClick={onClose} testId="cancel" />
        <Button
          label={wanted.length > 0 ? `Add ${counted(wanted.length, "label")}` : "Add labels"}
          text
          kind="primary"
          submit
          disabled={wanted.length === 0 || store.busy.value}
          testId="from-model-add"
        />
      </div>
    </form>
  );
}
