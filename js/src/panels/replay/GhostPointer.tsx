import { MousePointer2 } from "../icons";
import type { Hand } from "./hand";

/** The pointer of a slow command, and what it does. */
export function GhostPointer({ hand }: { hand: Hand }) {
  const state = hand.state.value;
  const caption = hand.caption.value;
  if (!state && !caption) return null;
  return (
    <div class="cvw-hand-layer" aria-hidden="true">
      {state && (
        <span
          class={`cvw-hand${state.pressed ? " cvw-pressed" : ""}`}
          data-testid="ghost-pointer"
          style={{ transform: `translate(${state.x}px, ${state.y}px)` }}
        >
          <MousePointer2 size={22} strokeWidth={1.75} />
        </span>
      )}
      {caption && <span class="cvw-hand-caption">{caption}</span>}
    </div>
  );
}
