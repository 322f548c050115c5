/** AI tools: what models there are, detectors and trackers at work, and the result that waits. Beside the canvas, not over it. */
import { useSignalEffect } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ModelKind } from "../../wire/models";
import { useAnnotator } from "../context";
import { IconButton } from "../IconButton";
import { X } from "../icons";
import { DetectorsTab } from "./DetectorsTab";
import { DraftLayer } from "./DraftLayer";
import { InteractorsTab } from "./InteractorsTab";
import { OpenCvTab } from "./OpenCvTab";
import { PendingView } from "./PendingView";
import { OtherModels, OutcomeText, RunProgress } from "./parts";
import { modelsOf } from "./state";
import { TrackersTab } from "./TrackersTab";

const TABS: readonly { readonly id: ModelKind | "opencv"; readonly name: string; readonly content: FunctionComponent }[] = [
  { id: "interactor", name: "Interactors", content: InteractorsTab },
  { id: "detector", name: "Detectors", content: DetectorsTab },
  { id: "tracker", name: "Trackers", content: TrackersTab },
  { id: "opencv", name: "OpenCV", content: OpenCvTab },
];

/** Stays after it was opened once: a run goes on and its result is drawn while the panel is closed. */
export function ModelsPanel() {
  const { editor, ui } = useAnnotator();
  const state = modelsOf(editor);
  useEffect(() => {
    void state.load();
    const stop = editor.link.on("models", () => void state.load());
    return () => {
      stop();
      state.stopAsking();
    };
  }, [editor, state]);
  return (
    <>
      <DraftLayer />
      {ui.models.value ? <Popover /> : <Chip />}
    </>
  );
}

/** What is left of the panel while it is closed and something goes on. */
function Chip() {
  const { editor, ui } = useAnnotator();
  const state = modelsOf(editor);
  const running = state.running.value;
  const pending = state.pending.value;
  if (!running && !pending) return null;
  const show = (): void => {
    ui.models.value = true;
  };
  return (
    <div class="cvw-models-chip" role="status" data-testid="models-chip">
      {running ? <RunProgress /> : <span>{state.total.value} found objects wait to be accepted</span>}
      <button type="button" class="cvw-filter-button" onClick={show}>
        Show
      </button>
    </div>
  );
}

function Popover() {
  const { editor, ui, scene } = useAnnotator();
  const state = modelsOf(editor);
  const tabs = useRef<HTMLDivElement>(null);
  const element = useRef<HTMLDivElement>(null);
  const open = state.tab.value;
  const pending = state.pending.value;
  useLayoutEffect(() => {
    const root = element.current?.closest<HTMLElement>(".cvw-root");
    tabs.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus({ preventScroll: true });
    return () => root?.focus({ preventScroll: true });
  }, []);
  // A button that is gone has taken the focus along; keys belong to the annotator, not to the notebook.
  useSignalEffect(() => {
    state.running.value;
    state.pending.value;
    requestAnimationFrame(() => {
      const { activeElement, body } = scene.host.ownerDocument;
      if (activeElement === body) element.current?.focus({ preventScroll: true });
    });
  });
  const Content = TABS.find(({ id }) => id === open)?.content ?? DetectorsTab;
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = TABS.findIndex(({ id }) => id === open);
    const next = (at + step + TABS.length) % TABS.length;
    state.show(TABS[next]?.id ?? "detector");
    tabs.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div
      ref={element}
      class="cvw-popover cvw-settings cvw-models"
      role="dialog"
      aria-label="AI tools"
      tabIndex={-1}
      data-testid="models"
    >
      <div class="cvw-dialog-head">
        <h2>AI tools</h2>
        <IconButton
          icon={X}
          label="Close (Esc)"
          small
          onClick={() => {
            ui.models.value = false;
          }}
        />
      </div>
      {!pending && (
        <div ref={tabs} class="cvw-tabs" role="tablist" aria-label="AI tools" onKeyDown={move}>
          {TABS.map(({ id, name }) => (
            <button
              key={id}
              type="button"
              role="tab"
              class="cvw-tab"
              aria-selected={id === open}
              tabIndex={id === open ? 0 : -1}
              onClick={() => {
                state.show(id);
              }}
            >
              {name}
            </button>
          ))}
        </div>
      )}
      <div
        class="cvw-settings-body"
        {...(pending ? {} : { role: "tabpanel", "aria-label": TABS.find(({ id }) => id === open)?.name })}
      >
        {pending ? <PendingView /> : state.answer.value ? <Content /> : <Asking />}
        <RunProgress />
        <OutcomeText />
        {!pending && open !== "opencv" && <OtherModels kind={open} />}
      </div>
    </div>
  );
}

function Asking() {
  const failed = modelsOf(useAnnotator().editor).outcome.value?.bad;
  return failed ? null : <p class="cvw-empty">Asking the kernel…</p>;
}
