/** The module of the small linked widgets: a scatter plot and a table of rows. Nothing is fetched from anywhere. */
import type { AnyModel, RenderProps } from "@anywidget/types";
import { render as mount } from "preact";
import "../theme/tokens.css";
import "./linked.css";
import { Traits } from "./model";
import { ScatterPlot } from "./ScatterPlot";
import { Table } from "./Table";

function render({ model, el }: RenderProps): () => void {
  const traits = new Traits(model as unknown as AnyModel);
  mount(model.get("_view") === "table" ? <Table traits={traits} /> : <ScatterPlot traits={traits} />, el);
  return () => {
    traits.close();
    mount(null, el);
  };
}

export default { render };
