/** Models that answer clicks and boxes: which there are, and the tool with one of them. */
import { run } from "../../actions/actions";
import { interactionOf } from "../../tools/interact/interaction";
import type { ModelSpec } from "../../wire/models";
import { useAnnotator } from "../context";
import { ModelCard, useModels } from "./parts";

export function InteractorsTab() {
  const { models } = useModels("interactor");
  return (
    <>
      <p class="cvw-muted">Click on an object, or draw a box around it; the model answers with its outline.</p>
      {models.map((model) => (
        <ModelCard key={model.id} model={model} titled>
          <UseInteractor model={model} />
        </ModelCard>
      ))}
      {models.length === 0 && <p>There is no interactor yet. Give one to annotator.use(…).</p>}
    </>
  );
}

/** Takes up the tool with this model; the panel makes room for the canvas. */
export function UseInteractor({ model }: { model: ModelSpec }) {
  const context = useAnnotator();
  const { editor, ui } = context;
  return (
    <button
      type="button"
      class="cvw-filter-button"
      aria-label={`Use ${model.name}`}
      disabled={model.problem !== null || editor.info.readOnly}
      onClick={() => {
        interactionOf(editor).choose(model.id);
        run("interact", context);
        ui.models.value = false;
      }}
    >
      Use
    </button>
  );
}
