import { useAnnotator } from "./context";

/** The border between canvas and side panel: dragged, or moved with the arrow keys. */
export function Resizer({ setting, min, max }: { setting: "rightPanelWidth"; min: number; max: number }) {
  const { editor } = useAnnotator();
  const width = editor.settings.value[setting];
  const set = (value: number): void => editor.setSetting(setting, Math.min(Math.max(Math.round(value), min), max));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved, this separator can
    <div
      class="cvw-resizer"
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the side panel"
      aria-valuenow={width}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const root = event.currentTarget.closest(".cvw-root");
        if (root) set(root.getBoundingClientRect().right - event.clientX);
      }}
      onKeyDown={(event) => {
        const step = { ArrowLeft: 16, ArrowRight: -16 }[event.key];
        if (step === undefined) return;
        set(width + step);
        event.stopPropagation();
        event.preventDefault();
      }}
    />
  );
}
