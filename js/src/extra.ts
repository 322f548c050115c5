/** The second bundle: panels and tools that are fetched from the kernel. Each panel is one line here and one where it is shown. */

export { convert } from "./actions/conversions";
export { ActionsDialog } from "./panels/ActionsDialog";
export { AttributesWorkspace } from "./panels/AttributesWorkspace";
export { ContextImages } from "./panels/ContextImages";
export { FilterPanel } from "./panels/FilterPanel";
export { HelpOverlay } from "./panels/HelpOverlay";
export { KeysDialog } from "./panels/KeysDialog";
export { LabelsPanel } from "./panels/LabelsPanel";
export { MaskBar } from "./panels/MaskBar";
export { Palette } from "./panels/Palette";
export { PropagateDialog } from "./panels/PropagateDialog";
export { RemoveRangeDialog } from "./panels/RemoveRangeDialog";
export { SettingsPopover } from "./panels/SettingsPopover";
export { SingleShapeWorkspace } from "./panels/SingleShapeWorkspace";
export { StatisticsDialog } from "./panels/StatisticsDialog";
export { TagsWorkspace } from "./panels/TagsWorkspace";
export { Timeline } from "./panels/Timeline";
export { FETCHED_TOOLS } from "./tools/fetched-tools";
