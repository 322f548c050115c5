/** What lies over the rest, one line each. A component draws nothing while it is closed. */
import type { FunctionComponent } from "preact";
import type { Context, DialogName } from "../actions/context";
import { secondBundle } from "../second-bundle";
import { ContextMenu } from "./ContextMenu";
import { fetched } from "./fetched";
import { Toasts } from "./Toasts";

const during =
  (name: DialogName) =>
  ({ ui }: Context): boolean =>
    ui.dialog.value === name;

export const OVERLAYS: readonly FunctionComponent[] = [
  fetched("SettingsPopover", ({ ui }) => ui.settings.value),
  fetched("ModelsPanel", ({ ui }) => ui.models.value !== null),
  fetched("HelpOverlay", ({ ui }) => ui.help.value),
  fetched("FilterPanel", during("filter")),
  fetched("KeysDialog", during("keys")),
  fetched("LabelsDialog", during("labels")),
  fetched("StatisticsDialog", during("statistics")),
  fetched("ActionsDialog", during("actions")),
  fetched("Palette", during("palette")),
  fetched("PropagateDialog", during("propagate")),
  fetched("RemoveRangeDialog", during("remove-range")),
  fetched("LinkDialog", during("link")),
  fetched("ColorDialog", during("color")),
  fetched("FollowLink", () => secondBundle.value !== null),
  fetched("JobDialog", during("job")),
  fetched("ExportDialog", during("export")),
  fetched("ImportDialog", during("import")),
  fetched("TaskDialog", during("task")),
  fetched("JobMenu", ({ ui }) => ui.menu.value),
  fetched("GuideDialog", (context) => during("guide")(context) || context.editor.review.value.guide === "new"),
  fetched("StepMenu", ({ ui }) => ui.stepMenu.value !== null),
  ContextMenu,
  Toasts,
];
