/** What is wrong here? Beside the place on the canvas that was marked. */
import { type Draft, reviewOf } from "../../review/model";
import { boxOf, cornersOf } from "../../review/places";
import { useAnnotator } from "../context";
import { MessageField } from "./MessageField";

const WIDTH = 280;
const HEIGHT = 230;
const GAP = 10;

export function IssueForm({ draft }: { readonly draft: Draft }) {
  const { editor, scene } = useAnnotator();
  const review = reviewOf(editor);
  const [width, height] = scene.viewport.size.value;
  const box = boxOf(cornersOf(draft.position).map(([x, y]) => scene.viewport.toScreen(x, y)));
  if (!box) return null;
  const right = box.maxX + GAP + WIDTH <= width;
  const left = right ? box.maxX + GAP : Math.max(0, Math.min(box.minX - GAP - WIDTH, width - WIDTH));
  const top = Math.max(0, Math.min(box.minY, height - HEIGHT));
  const state = draft.object === null ? null : editor.document.stateOf(draft.object, draft.frame);
  const about = state ? editor.nameOf(state) : draft.position.length === 2 ? "this point" : "this region";
  const close = (): void => {
    review.draft.value = null;
    scene.host.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
  };
  const open = async (message: string): Promise<boolean> => {
    const opened = await review.open(message);
    if (opened) scene.host.closest<HTMLElement>(".cvw-root")?.focus({ preventScroll: true });
    return opened;
  };
  return (
    <div
      class="cvw-issue-form"
      role="dialog"
      aria-label={`An issue about ${about}`}
      style={{ left: `${left}px`, top: `${top}px`, width: `${Math.min(WIDTH, width)}px` }}
      data-testid="issue-form"
    >
      <h3>An issue about {about}</h3>
      <MessageField label="What is wrong?" send="Open" focused onSend={open} onCancel={close} testId="issue-message" />
      <p class="cvw-muted">Or at once:</p>
      <div class="cvw-chips">
        {(review.listed.value?.quick ?? []).map((message) => (
          <button key={message} type="button" class="cvw-chip cvw-quick" title={message} onClick={() => void open(message)}>
            <span class="cvw-ellipsis">{message}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
