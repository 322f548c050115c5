/** The label editor: a widget of its own, and what the annotator's dialog shows. */
import type { AnyModel, RenderProps } from "@anywidget/types";
import { effect } from "@preact/signals";
import { h, render as mount } from "preact";
import "../theme/tokens.css";
import "../theme/labels.css";
import "../theme/labels-fields.css";
import "../theme/labels-forms.css";
import "../theme/labels-skeleton.css";
import { dataChannel, type MessageModel, notebookTransport } from "../wire/anywidget-transport";
import { Link } from "../wire/link";
import { messageOf } from "../words";
import { Editor } from "./Editor";
import { type Caller, LabelStore } from "./store";

/** Show the editor inside of something that has a connection already; returns how to take it away. */
export function showIn(element: HTMLElement, caller: Caller): () => void {
  const store = new LabelStore(caller);
  mount(h(Editor, { store, height: null, own: false }), element);
  void store.load();
  return () => mount(null, element);
}

function render({ model, el }: RenderProps): () => void {
  const height = Number(model.get("height")) || null;
  const stops: (() => void)[] = [];
  let closed = false;
  const show = async (): Promise<void> => {
    const channel = await dataChannel(model as unknown as AnyModel);
    if (closed) return;
    const link = new Link(notebookTransport(model as unknown as MessageModel, channel));
    const store = new LabelStore(link);
    stops.push(
      () => link.close(),
      link.on("labels", () => {
        // What this page changes itself it hears of in the answer.
        if (!store.busy.peek()) void store.load();
      }),
      effect(() => mount(h(Editor, { store, height, own: true, status: link.status.value }), el)),
    );
    await store.load();
  };
  show().catch((error: unknown) => {
    el.textContent = `The label editor could not be shown: ${messageOf(error)}`;
  });
  return () => {
    closed = true;
    for (const stop of stops) stop();
    mount(null, el);
  };
}

export default { render };
