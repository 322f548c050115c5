import { effect } from "@preact/signals";
import { Component, type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { bindings, ownAction, run } from "../actions/actions";
import { type Context, UiState } from "../actions/context";
import { isTyping, KeyReader, pressOf } from "../actions/keys";
import type { Editor } from "../editor";
import { NARROW } from "../layout-settings";
import { Scene } from "../scene/scene";
import { fetchSecondBundle, reportMissing, secondBundle } from "../second-bundle";
import { ToolManager } from "../tools/manager";
import { ContextPanel } from "./ContextPanel";
import { AnnotatorContext } from "./context";
import { DeletedBanner } from "./DeletedBanner";
import { fetched } from "./fetched";
import { OVERLAYS } from "./overlays";
import { Sidebar } from "./Sidebar";
import { DrawingHint, ToolBar } from "./ToolBar";
import { TopBar } from "./TopBar";
import { TimelineRoom } from "./timeline/Room";
import { hasTimeline } from "./timeline/shown";
import { ViewBar } from "./ViewBar";
import { driveWorkspaces } from "./workspaces";

export interface AppProps {
  readonly editor: Editor;
  readonly name: string;
  readonly height: number;
  readonly subshells: boolean;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly flush: () => void;
  /** The scene and its tools are there; called once. */
  readonly onMount: (context: Context, root: HTMLElement) => void;
}

const COMPACT = 1080;
const MaskBar = fetched("MaskBar", ({ editor }) => editor.tool.value === "mask");
const ReviewLayer = fetched("ReviewLayer", () => secondBundle.value !== null);
const ContinueBar = fetched("ContinueBar", () => secondBundle.value !== null);
const InteractBar = fetched("InteractBar", ({ editor }) => /^(interact|scissors)$/.test(editor.tool.value));
const Demonstration = fetched("Demonstration", ({ editor }) => editor.demonstration.value !== null);
const Timeline = fetched("Timeline", hasTimeline, TimelineRoom);

function whenIdle(run: () => void): void {
  if (globalThis.requestIdleCallback) globalThis.requestIdleCallback(run);
  else setTimeout(run, 200);
}

export function App(props: AppProps) {
  return (
    <Boundary>
      <Annotator {...props} />
    </Boundary>
  );
}

function Annotator({ editor, name, height, subshells, undo, redo, flush, onMount }: AppProps) {
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const [context, setContext] = useState<Context | null>(null);
  const [narrow, setNarrow] = useState(false);
  const [compact, setCompact] = useState(false);
  const ui = useMemo(() => new UiState(), []);

  useEffect(() => {
    const element = root.current;
    const host = canvas.current;
    if (!element || !host) return;
    const scene = new Scene(host, editor);
    const tools = new ToolManager(scene, editor);
    const made: Context = { editor, scene, tools, ui, undo, redo, flush };
    setContext(made);
    const stopWorkspaces = driveWorkspaces(made);
    onMount(made, element);
    return () => {
      stopWorkspaces();
      tools.dispose();
      scene.dispose();
    };
  }, [editor]);

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    let before: boolean | null = null;
    const observer = new ResizeObserver(() => {
      const now = element.clientWidth < NARROW;
      setNarrow(now);
      setCompact(element.clientWidth < COMPACT);
      if (now !== before) ui.sidebarOpen.value = !now;
      before = now;
    });
    observer.observe(element);
    const seen = new IntersectionObserver(([entry]) => editor.player.setVisible(entry?.isIntersecting ?? true));
    seen.observe(element);
    const stop = effect(() => {
      if (ui.leave.value > 0) element.blur();
    });
    // Not before the first picture is there: what comes later must not delay it. And once: what wants the bundle asks again.
    let asked = false;
    const stopWaiting = effect(() => {
      if (asked || !editor.player.image.value) return;
      asked = true;
      if (!secondBundle.peek())
        whenIdle(() => fetchSecondBundle(editor).catch((error: unknown) => reportMissing(editor, "Some panels", error)));
    });
    return () => {
      observer.disconnect();
      seen.disconnect();
      stop();
      stopWaiting();
    };
  }, [editor]);

  useKeys(root, context);

  return (
    <div
      ref={root}
      class={`cvw-root${narrow ? " cvw-narrow" : ""}${compact ? " cvw-compact" : ""}`}
      style={{ height: `${height}px` }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the annotator is an application with keys of its own
      tabIndex={0}
      role="application"
      aria-label={`Annotation of ${name}. F1 shows the keys.`}
      data-lm-suppress-shortcuts="true"
      onPointerDown={(event) => {
        if (!isTyping(event.target) && !(event.target as Element).closest("button, input, select, [role=grid]"))
          root.current?.focus({ preventScroll: true });
      }}
    >
      <AnnotatorContext.Provider value={context}>
        {context && <TopBar subshells={subshells} />}
        <div class="cvw-body">
          {context && <ToolBar />}
          <div class="cvw-stage">
            <div ref={canvas} class="cvw-canvas" />
            {context && <ReviewLayer />}
            {context && <DrawingHint />}
            {context && <ViewBar />}
            {context && <MaskBar />}
            {context && <InteractBar />}
            {context && <ContinueBar />}
            {context && <ContextPanel />}
            {context && <DeletedBanner />}
          </div>
          {context && ui.sidebarOpen.value && <Sidebar />}
        </div>
        {context && <Timeline />}
        {context && <Demonstration />}
        {context && OVERLAYS.map((Overlay) => <Overlay key={Overlay.displayName ?? Overlay.name} />)}
      </AnnotatorContext.Provider>
      <div class="cvw-visually-hidden" aria-live="polite">
        {editor.announcement.value}
      </div>
    </div>
  );
}

/** Keys typed in the widget stay in the widget; keys typed in a field stay in the field. */
function useKeys(root: { readonly current: HTMLElement | null }, context: Context | null): void {
  useLayoutEffect(() => {
    const element = root.current;
    if (!element || !context) return;
    const reader = new KeyReader(() => bindings(context.editor.settings.peek().keys, context.editor.workspace.peek()));
    const onKey = (event: KeyboardEvent): void => {
      event.stopPropagation();
      if (event.isComposing) return;
      const typing = isTyping(event.target);
      if (typing && event.key === "Escape") {
        element.focus();
        event.preventDefault();
        return;
      }
      if (typing && !/^F\d+$/.test(event.key)) return;
      const button = (event.target as Element).closest("button, input");
      if (
        button &&
        (event.key === "Enter" || event.key === " " || (event.key.startsWith("Arrow") && button.tagName === "INPUT"))
      )
        return;
      const own = ownAction(pressOf(event), context);
      if (own !== null && !typing && run(own, context)) {
        event.preventDefault();
        return;
      }
      if (!typing && context.tools.key(event)) {
        event.preventDefault();
        return;
      }
      // Tab walks through objects while the canvas has the focus, and through the controls elsewhere.
      if (event.key === "Tab" && event.target !== element) return;
      const id = reader.read(event);
      if (id === null) return;
      event.preventDefault();
      if (id !== "prefix") run(id, context);
    };
    element.addEventListener("keydown", onKey);
    const swallow = (event: Event): void => event.stopPropagation();
    // Copying in the widget is not copying cells, and its menu is not the notebook's.
    const others = ["keyup", "keypress", "copy", "cut", "paste", "contextmenu"];
    for (const type of others) element.addEventListener(type, swallow);
    return () => {
      element.removeEventListener("keydown", onKey);
      for (const type of others) element.removeEventListener(type, swallow);
    };
  }, [context]);
}

/** A mistake in a panel must not take the notebook along, nor the edits: they are in the document. */
class Boundary extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state = { error: null as Error | null };

  override componentDidCatch(error: unknown): void {
    this.setState({ error: error instanceof Error ? error : new Error(String(error)) });
    console.error(error);
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div class="cvw-root cvw-message" role="alert">
        <h2>The annotator stopped</h2>
        <p>{error.message}</p>
        <p class="cvw-muted">Saved annotations are safe. Run the cell again to go on.</p>
      </div>
    );
  }
}
