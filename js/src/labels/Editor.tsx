import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Undo2 } from "../panels/icons";
import type { LinkStatus } from "../wire/link";
import { Constructor } from "./Constructor";
import { Button } from "./parts";
import { Raw } from "./Raw";
import type { EditorState, LabelStore, Question } from "./store";
import { useKeptFocus } from "./use-kept-focus";

const TABS = ["Constructor", "Raw"] as const;
type Tab = (typeof TABS)[number];

interface EditorProps {
  readonly store: LabelStore;
  readonly height: number | null;
  /** How the connection is; left out where the host shows that. */
  readonly status?: LinkStatus;
  readonly own: boolean;
}

/** The editor: labels as a list with forms, or as text. */
export function Editor({ store, height, status, own }: EditorProps) {
  const [tab, setTab] = useState<Tab>("Constructor");
  const state = store.state.value;
  const root = useRef<HTMLElement>(null);
  const question = store.question.value;
  useKeptFocus(root);
  return (
    <section
      ref={root}
      class={`cvw-label-editor${own ? " cvw-root" : ""}`}
      style={height === null ? undefined : { maxHeight: `${height}px` }}
      aria-label="Label editor"
      tabIndex={-1}
      data-lm-suppress-shortcuts="true"
      onKeyDown={(event) => {
        // What is typed here is for nobody else on the page; Escape may close what the editor is in.
        if (event.key !== "Escape" || question) event.stopPropagation();
      }}
    >
      {state === null ? (
        <p class="cvw-labels-empty" role="status">
          {store.error.value ?? (status === "lost" ? "The kernel has stopped. Run the cell again." : "Waiting for the kernel…")}
        </p>
      ) : (
        <>
          {own && <Head state={state} />}
          <div class="cvw-labels-bar">
            <div class="cvw-labels-tabs" role="tablist" aria-label="Ways to edit labels">
              {TABS.map((each) => (
                <button
                  key={each}
                  type="button"
                  role="tab"
                  aria-selected={tab === each}
                  tabIndex={tab === each ? 0 : -1}
                  data-testid={`tab-${each}`}
                  onClick={() => {
                    setTab(each);
                    store.clear();
                  }}
                  onKeyDown={(event) => {
                    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
                    const next = TABS[1 - TABS.indexOf(each)] as Tab;
                    setTab(next);
                    root.current?.querySelector<HTMLElement>(`[data-testid="tab-${next}"]`)?.focus();
                  }}
                >
                  {each}
                </button>
              ))}
            </div>
            <span class="cvw-labels-spring" />
            {state.kind === "project" && <span class="cvw-labels-quiet">Changes go to all tasks of the project</span>}
            {!state.read_only && (
              <Button
                label={state.undo === null ? "Undo" : `Undo: ${state.undo}`}
                text
                icon={Undo2}
                disabled={state.undo === null || store.busy.value}
                testId="undo"
                onClick={() => void store.undo()}
              />
            )}
          </div>
          <div class="cvw-labels-body" role="tabpanel" aria-label={tab}>
            {tab === "Constructor" ? <Constructor store={store} state={state} /> : <Raw store={store} state={state} />}
          </div>
          <Notices store={store} status={status} />
        </>
      )}
      {question && <Confirm question={question} />}
      <div class="cvw-labels-hidden" aria-live="polite">
        {store.said.value}
      </div>
    </section>
  );
}

const OWNERS: Readonly<Record<EditorState["kind"], string>> = {
  task: "Labels of task",
  project: "Labels of project",
  list: "Labels",
};

function Head({ state: { kind, name } }: { state: EditorState }) {
  return (
    <div class="cvw-labels-head">
      <h2>
        {OWNERS[kind]} {name && <b>{name}</b>}
      </h2>
    </div>
  );
}

function Notices({ store, status }: { store: LabelStore; status: LinkStatus | undefined }) {
  const slow = store.busy.value && status === "waiting";
  const text = store.error.value ?? (status === "lost" ? "The kernel has stopped. Run the cell again." : null);
  if (text === null && !slow) return null;
  return (
    <p class={`cvw-labels-notice${text === null ? "" : " cvw-labels-bad"}`} role="alert">
      {text ?? "The kernel is busy…"}
    </p>
  );
}

/** What would be lost, before it is. */
function Confirm({ question }: { question: Question }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.querySelector<HTMLElement>("[data-testid=keep]")?.focus({ preventScroll: true });
    return () => before?.isConnected && before.focus({ preventScroll: true });
  }, []);
  return (
    <div class="cvw-labels-over">
      <div
        ref={box}
        class="cvw-labels-question"
        role="alertdialog"
        aria-modal="true"
        aria-labelledby="cvw-labels-question-title"
        data-testid="question"
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            question.answer(false);
          }
          if (event.key !== "Tab") return;
          // Two buttons: Tab goes round between them.
          event.preventDefault();
          const buttons = [...(box.current?.querySelectorAll("button") ?? [])];
          buttons[(buttons.indexOf(event.target as HTMLButtonElement) + 1) % buttons.length]?.focus();
        }}
      >
        <h2 id="cvw-labels-question-title">Annotations will be deleted</h2>
        <ul>
          {question.losses.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
        <p class="cvw-labels-quiet">
          You can take this back here, with Undo, while this editor is open. Earlier edits of these objects can no longer be
          undone.
        </p>
        <div class="cvw-labels-foot">
          <Button label="Keep" text onClick={() => question.answer(false)} testId="keep" />
          <Button label="Delete" text kind="danger" onClick={() => question.answer(true)} testId="confirm-delete" />
        </div>
      </div>
    </div>
  );
}
