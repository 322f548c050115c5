/** How large the parts around the canvas are: the part of a user's settings that is wanted before anything else is there. */
export interface LayoutSettings {
  rightPanelWidth: number;
  timelineHeight: number;
  timelineOpen: boolean;
}

export const DEFAULT_LAYOUT: Readonly<LayoutSettings> = { rightPanelWidth: 300, timelineHeight: 124, timelineOpen: true };

/** Height of the bar that stays of a folded timeline. */
export const TIMELINE_HEAD = 30;
/** Below this width the side panel lies over the picture when it is opened. */
export const NARROW = 720;
