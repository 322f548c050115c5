/** Keyframes of tracks. Default keys are CVAT's. */
import { hasTrack, selected, writable } from "./conditions";
import type { Action, Context } from "./context";
import { seekKeyframe, toggleFlag, toggleKeyframes } from "./objects";

/** A track is selected, though it may not be seen here. */
const hasTrackAnywhere = ({ editor }: Context): boolean => {
  const [id] = editor.selection.value;
  return id !== undefined && editor.document.get(id)?.kind === "track";
};

export const trackActions: readonly Action[] = [
  {
    id: "keyframe",
    label: "Keyframe",
    group: "Tracks",
    keys: ["k"],
    enabled: (c) => writable(c) && hasTrack(c),
    run: (c) => toggleKeyframes(c.editor, selected(c)),
  },
  {
    id: "outside",
    label: "Outside: the object has left",
    group: "Tracks",
    keys: ["o"],
    enabled: (c) => writable(c) && c.editor.selection.value.length > 0,
    run: ({ editor }) => {
      const frame = editor.frame.peek();
      const states = editor.selection.peek().flatMap((id) => editor.document.stateOf(id, frame) ?? []);
      toggleFlag(editor, states, "outside");
    },
  },
  {
    id: "next-keyframe",
    label: "Next keyframe",
    group: "Tracks",
    keys: ["r"],
    enabled: hasTrackAnywhere,
    run: ({ editor }) => seekKeyframe(editor, 1),
  },
  {
    id: "previous-keyframe",
    label: "Previous keyframe",
    group: "Tracks",
    keys: ["e"],
    enabled: hasTrackAnywhere,
    run: ({ editor }) => seekKeyframe(editor, -1),
  },
  {
    id: "first-keyframe",
    label: "First keyframe",
    group: "Tracks",
    keys: [],
    enabled: hasTrackAnywhere,
    run: ({ editor }) => seekKeyframe(editor, "first"),
  },
  {
    id: "last-keyframe",
    label: "Last keyframe",
    group: "Tracks",
    keys: [],
    enabled: hasTrackAnywhere,
    run: ({ editor }) => seekKeyframe(editor, "last"),
  },
];
