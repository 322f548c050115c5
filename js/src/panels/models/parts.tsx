/** What the tabs of the AI tools have in common: a card, a choice of a model, how far a run is, and what came of it. */
import type { ComponentChildren } from "preact";
import type { ModelKind, ModelLabel, ModelSpec } from "../../wire/models";
import { useAnnotator } from "../context";
import { modelsOf } from "./state";

const KINDS: Readonly<Record<ModelKind, string>> = {
  detector: "Detector",
  interactor: "Interactor",
  tracker: "Tracker",
  reid: "Re-identification",
};
const MOST_LABELS = 12;

/** Models of a kind, and the one that is chosen: the first until the user says otherwise. */
export function useModels(kind: ModelKind): { models: readonly ModelSpec[]; model: ModelSpec | undefined } {
  const state = modelsOf(useAnnotator().editor);
  const models = state.answer.value?.models.filter((each) => each.kind === kind) ?? [];
  const chosen = state.chosen.value[kind];
  return { models, model: models.find(({ id }) => id === chosen) ?? models[0] };
}

export function ModelChoice({ kind }: { kind: ModelKind }) {
  const state = modelsOf(useAnnotator().editor);
  const { models, model } = useModels(kind);
  return (
    <label class="cvw-setting">
      <span>Model</span>
      <select
        class="cvw-select cvw-models-choice"
        value={model?.id}
        data-testid={`choose-${kind}`}
        onChange={(event) => state.choose(kind, event.currentTarget.value)}
      >
        {models.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ModelCard({ model, titled, children }: { model: ModelSpec; titled?: boolean; children?: ComponentChildren }) {
  const facts = [
    titled && KINDS[model.kind],
    model.framework,
    model.device,
    model.shape_types.length > 0 && model.kind === "tracker" && `follows ${model.shape_types.join(", ")}`,
  ].filter(Boolean);
  return (
    <div class="cvw-models-card" data-testid={`model-${model.id}`}>
      {titled && (
        <div class="cvw-models-title">
          <strong class="cvw-ellipsis">{model.name}</strong>
          {children}
        </div>
      )}
      <p class="cvw-muted">{facts.join(" · ")}</p>
      {model.help && <p>{model.help}</p>}
      {model.labels.length > 0 && titled && <Labels labels={model.labels} />}
      {model.problem && <p class="cvw-filter-problem">{model.problem}</p>}
      {!titled && children}
    </div>
  );
}

function Labels({ labels }: { labels: readonly ModelLabel[] }) {
  const names = labels.map(({ name }) => name);
  const more = names.length - MOST_LABELS;
  return (
    <p class="cvw-muted" title={names.join(", ").slice(0, 2000)}>
      Finds {names.slice(0, MOST_LABELS).join(", ")}
      {more > 0 && ` and ${more} more`}
    </p>
  );
}

/** How far the run is, with a way to stop it. */
export function RunProgress() {
  const state = modelsOf(useAnnotator().editor);
  const running = state.running.value;
  if (!running) return null;
  return (
    <div class="cvw-models-run" data-testid="model-progress">
      <span>{running.label}</span>
      <div class="cvw-actions-progress">
        <progress {...(running.total > 0 ? { max: running.total, value: running.value } : {})} aria-label={running.label} />
        <output>{running.total > 0 && `${running.value} / ${running.total}`}</output>
        <button type="button" class="cvw-filter-button" data-testid="model-cancel" onClick={() => state.cancel()}>
          Cancel
        </button>
      </div>
    </div>
  );
}

export function OutcomeText() {
  const outcome = modelsOf(useAnnotator().editor).outcome.value;
  if (!outcome) return null;
  return (
    <div class={outcome.bad ? "cvw-filter-problem" : "cvw-models-outcome"} role={outcome.bad ? "alert" : "status"}>
      <p data-testid="model-outcome">{outcome.text}</p>
      {outcome.trace && (
        <details>
          <summary>Details</summary>
          <pre>{outcome.trace}</pre>
        </details>
      )}
    </div>
  );
}

/** The models of a kind that lack a package or a file. */
export function OtherModels({ kind }: { kind: ModelKind }) {
  const others = modelsOf(useAnnotator().editor).answer.value?.others.filter((each) => each.kind === kind) ?? [];
  if (others.length === 0) return null;
  return (
    <details class="cvw-models-others">
      <summary>
        {others.length} more {others.length === 1 ? "needs" : "need"} files or packages
      </summary>
      <ul>
        {others.map((other) => (
          <li key={other.name}>
            <strong>{other.name}</strong> <span class="cvw-muted">{other.framework}</span>
            <p>
              {other.help}
              {other.labels && `. Labels: ${other.labels}`}
            </p>
            {other.install && <Code text={`pip install '${other.install}'`} />}
            <Code text={loadingOf(other.name, other.weights)} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function loadingOf(name: string, weights: readonly string[]): string {
  const options = weights.map((option) => `, ${option}="…"`).join("");
  return `annotator.use(cw.load_backend("${name}"${options}))`;
}

export function Code({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keys, too
    <pre tabIndex={0}>{text}</pre>
  );
}
