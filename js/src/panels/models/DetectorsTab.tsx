/** A detector, what its labels become, where it looks, and Run. */
import { useState } from "preact/hooks";
import type { DetectRequest, LabelRules, Where } from "../../wire/models";
import { useAnnotator } from "../context";
import { Check, Choice } from "../SettingControls";
import { readRanges } from "./frame-ranges";
import { MappingTable } from "./MappingTable";
import { defaultRules, mapsAnything } from "./mapping";
import { Code, ModelCard, ModelChoice, useModels } from "./parts";
import { modelsOf } from "./state";
import { ThresholdSlider } from "./ThresholdSlider";

type Range = "frame" | Where;

const EXAMPLE = `@cw.detector(labels=["car"])
def find(image):
    return [{"label": "car",
             "box": [10, 10, 90, 60],
             "score": 0.9}]

annotator.use(find)`;

export function DetectorsTab() {
  const { models, model } = useModels("detector");
  if (!model) {
    return (
      <div data-testid="no-detector">
        <p>There is no detector yet. Any function is one:</p>
        <Code text={EXAMPLE} />
      </div>
    );
  }
  return (
    <>
      {models.length > 0 && <ModelChoice kind="detector" />}
      <ModelCard model={model} />
      <Form key={model.id} id={model.id} />
    </>
  );
}

function Form({ id }: { id: string }) {
  const { editor } = useAnnotator();
  const state = modelsOf(editor);
  const { model } = useModels("detector");
  const labels = model?.labels ?? [];
  const task = editor.labels.value;
  const [changed, setChanged] = useState<LabelRules>({});
  const rules = { ...defaultRules(labels, task), ...changed };
  const [range, setRange] = useState<Range>("frame");
  const [ranges, setRanges] = useState("");
  const [clean, setClean] = useState(false);
  const [polygons, setPolygons] = useState(false);
  const [resume, setResume] = useState(true);
  const { first, last } = editor.player;
  const filter = editor.filtering.value.matcher ? editor.filter.value : null;
  const chosen = range === "filter" && !filter ? "frame" : range;
  const read = chosen === "frames" ? readRanges(ranges, first, last) : [];
  const problem = typeof read === "string" ? read : null;
  const choices: Partial<Record<Range, string>> = {
    frame: "This frame",
    frames: "Frames …",
    ...(filter ? { filter: "Frames with objects that match the filter" } : {}),
    empty: "Frames without objects",
    job: "All frames of the job",
    ...(last - first + 1 < editor.frames.count ? { task: "All frames of the task" } : {}),
  };
  const request = (): Omit<DetectRequest, "threshold"> => ({
    model: id,
    labels: rules,
    where: chosen === "frame" ? "frames" : chosen,
    ...(chosen === "frame" ? { frames: [[editor.frame.peek(), editor.frame.peek()]] } : {}),
    ...(chosen === "frames" && typeof read !== "string" ? { frames: read } : {}),
    ...(chosen === "filter" && filter ? { filter } : {}),
    clean,
    masks_to_polygons: polygons,
    resume: chosen !== "frame" && resume,
  });
  const running = state.running.value !== null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void state.detect(request());
      }}
    >
      <fieldset disabled={running}>
        <MappingTable labels={labels} task={task} rules={rules} onChange={setChanged} />
        <ThresholdSlider lowest={0} />
        <Choice label="Where" value={chosen} choices={choices as Record<Range, string>} onChange={setRange} />
        {chosen === "frames" && (
          <label class="cvw-setting">
            <span>Frames</span>
            <input
              class="cvw-field cvw-models-frames"
              type="text"
              placeholder="3, 10-20"
              value={ranges}
              aria-invalid={problem !== null && ranges !== ""}
              data-testid="model-frames"
              onInput={(event) => setRanges(event.currentTarget.value)}
            />
          </label>
        )}
        {problem && ranges !== "" && <p class="cvw-filter-problem">{problem}</p>}
        <Check label="Remove what is there when accepting" checked={clean} onChange={setClean} />
        <Check label="Masks become polygons" checked={polygons} onChange={setPolygons} />
        {chosen !== "frame" && <Check label="Go on with an interrupted run" checked={resume} onChange={setResume} />}
        {!running && (
          <div class="cvw-filter-foot">
            <button
              type="submit"
              class="cvw-filter-button cvw-filter-main"
              data-testid="model-run"
              disabled={!mapsAnything(rules) || problem !== null || Boolean(model?.problem) || editor.info.readOnly}
            >
              Run
            </button>
          </div>
        )}
      </fieldset>
    </form>
  );
}
