/** What lies over the rest, one line each. A component draws nothing while it is closed. */
import type { FunctionComponent } from "preact";
import { ContextMenu } from "./ContextMenu";
import { HelpOverlay } from "./HelpOverlay";
import { SettingsPopover } from "./SettingsPopover";
import { Toasts } from "./Toasts";

export const OVERLAYS: readonly FunctionComponent[] = [SettingsPopover, HelpOverlay, ContextMenu, Toasts];
