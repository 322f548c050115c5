/** What OpenCV can do here without any weights. */
import { run } from "../../actions/actions";
import { useAnnotator } from "../context";
import { Slide, Switch } from "../SettingControls";
import { UseInteractor } from "./InteractorsTab";
import { ModelCard } from "./parts";
import { modelsOf } from "./state";

export function OpenCvTab() {
  const context = useAnnotator();
  const { editor, ui } = context;
  const state = modelsOf(editor);
  const models = state.answer.value?.models.filter(({ framework }) => framework.startsWith("OpenCV")) ?? [];
  return (
    <>
      <div class="cvw-models-card">
        <div class="cvw-models-title">
          <strong>Intelligent scissors</strong>
          <button
            type="button"
            class="cvw-filter-button"
            aria-label="Use intelligent scissors"
            disabled={editor.info.readOnly}
            onClick={() => {
              run("scissors", context);
              ui.models.value = false;
            }}
          >
            Use
          </button>
        </div>
        <p class="cvw-muted">A polygon whose line follows edges between two clicks.</p>
      </div>
      {models.map((model) => (
        <ModelCard key={model.id} model={model} titled>
          {model.kind === "interactor" && <UseInteractor model={model} />}
          {(model.kind === "tracker" || model.kind === "detector") && (
            <button
              type="button"
              class="cvw-filter-button"
              aria-label={`Choose ${model.name}`}
              onClick={() => {
                state.choose(model.kind, model.id);
                state.show(model.kind);
              }}
            >
              Choose
            </button>
          )}
        </ModelCard>
      ))}
      <h3>The picture</h3>
      <Switch label="Equalize the histogram" name="equalize" />
      <Slide label="Gamma" name="gamma" min={0.2} max={4} step={0.05} unit="" />
    </>
  );
}
