/** The entry of the task browser: one hub a model, shown by any number of views. */
import type { AnyModel, RenderProps } from "@anywidget/types";
import { render as mount } from "preact";
import "../theme/tokens.css";
import "../theme/layout.css";
import "../theme/controls.css";
import "../theme/panels.css";
import "../theme/filter.css";
import "../theme/guide.css";
import "./studio.css";
import "./lists.css";
import "./pages.css";
import "./forms.css";
import { dataChannel, type MessageModel, notebookTransport } from "../wire/anywidget-transport";
import { messageOf } from "../words";
import { StudioApp } from "./StudioApp";
import { Studio } from "./studio";

const studios = new WeakMap<object, Promise<Studio>>();

function studioOf(model: AnyModel): Promise<Studio> {
  let studio = studios.get(model);
  if (!studio) {
    studio = dataChannel(model).then(
      (channel) => new Studio(model, notebookTransport(model as unknown as MessageModel, channel)),
    );
    studios.set(model, studio);
  }
  return studio;
}

function render({ model, el }: RenderProps): () => void {
  let closed = false;
  studioOf(model as unknown as AnyModel)
    .then((studio) => {
      if (!closed) mount(<StudioApp studio={studio} height={Number(model.get("height")) || 640} />, el);
    })
    .catch((error: unknown) => {
      el.textContent = `The task browser could not be shown: ${messageOf(error)}`;
    });
  return () => {
    closed = true;
    mount(null, el);
  };
}

export default { render };
