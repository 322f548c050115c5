/** Panels that are fetched from the kernel when they are first wanted. Each is one line here and one where it is shown. */
export { ActionsDialog } from "./panels/ActionsDialog";
export { AttributesWorkspace } from "./panels/AttributesWorkspace";
export { FilterPanel } from "./panels/FilterPanel";
export { HelpOverlay } from "./panels/HelpOverlay";
export { KeysDialog } from "./panels/KeysDialog";
export { Palette } from "./panels/Palette";
export { SettingsPopover } from "./panels/SettingsPopover";
export { SingleShapeWorkspace } from "./panels/SingleShapeWorkspace";
export { StatisticsDialog } from "./panels/StatisticsDialog";
export { TagsWorkspace } from "./panels/TagsWorkspace";
