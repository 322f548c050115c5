/** What a right click offers while reviewing: open an issue here, in own words or in those that are used often. */
import { reviewOf } from "../../review/model";
import { clampPoint } from "../../tools/rules";
import { useAnnotator } from "../context";

export function ReviewMenu() {
  const { editor, scene, tools } = useAnnotator();
  const review = reviewOf(editor);
  const request = tools.contextMenu.value;
  if (!request) return null;
  const begin = (): boolean => {
    const { id, clientX, clientY } = request;
    const position = id === null ? null : review.positionOf(id);
    review.begin(position ?? clampPoint(scene.toImage(clientX, clientY), scene.pictureSize()), position ? id : null);
    tools.contextMenu.value = null;
    return review.draft.peek() !== null;
  };
  const quick = review.listed.value?.quick ?? ["Wrong position", "Wrong attribute"];
  const { readOnly } = editor.info;
  return (
    <>
      <button type="button" role="menuitem" class="cvw-menu-item" disabled={readOnly} onClick={begin}>
        <span>Open an issue…</span>
      </button>
      {quick.map((message) => (
        <button
          key={message}
          type="button"
          role="menuitem"
          class="cvw-menu-item"
          disabled={readOnly}
          title={message}
          onClick={() => {
            if (begin()) void review.open(message);
            scene.host.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
          }}
        >
          <span class="cvw-ellipsis">Quick issue: {message}</span>
        </button>
      ))}
    </>
  );
}
