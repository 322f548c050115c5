/** Panels of the second bundle. */
import type { FunctionComponent } from "preact";
import type { Context } from "../actions/context";
import { fetchSecondBundle, reportMissing, type SecondBundle, secondBundle } from "../second-bundle";
import { useAnnotator } from "./context";

export type PanelName = {
  [Name in keyof SecondBundle]: SecondBundle[Name] extends FunctionComponent ? Name : never;
}[keyof SecondBundle];

let failed = false;

function start({ editor, ui }: Context): void {
  // A component asks at every render; what failed is asked for again when the user opens something anew.
  if (failed) return;
  fetchSecondBundle(editor).catch((error: unknown) => {
    failed = true;
    setTimeout(() => {
      failed = false;
    }, 1000);
    ui.closeOverlay();
    reportMissing(editor, "This panel", error);
  });
}

/** A panel by name; nothing is fetched before `wanted`. `room` keeps the place of one that is there from the start. */
export function fetched(
  name: PanelName,
  wanted: (context: Context) => boolean = () => true,
  room?: FunctionComponent,
): FunctionComponent {
  function Fetched() {
    const context = useAnnotator();
    if (!wanted(context)) return null;
    const Panel = secondBundle.value?.[name];
    if (Panel) return <Panel />;
    const Room = room;
    // What has its place from the start comes by itself after the first picture.
    if (Room) return <Room />;
    start(context);
    return (
      <div class="cvw-visually-hidden" role="status">
        Opening…
      </div>
    );
  }
  Fetched.displayName = name;
  return Fetched;
}
