import { run } from "../actions/actions";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { Funnel } from "./icons";

/** Opens the filter; pressed while one is set. */
export function FilterButton() {
  const context = useAnnotator();
  const { filter, filtering } = context.editor;
  const { problem } = filtering.value;
  const on = filter.value !== null;
  const state = problem ? "does not fit the labels and is not applied" : on ? "on" : "off";
  return (
    <IconButton
      icon={Funnel}
      label={`Filter objects (${state})`}
      pressed={on}
      testId="filter-button"
      onClick={() => run("filter", context)}
    />
  );
}
