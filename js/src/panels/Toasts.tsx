import { useEffect } from "preact/hooks";
import type { Toast } from "../editor";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { X } from "./icons";

const SHOWN_MS = { info: 3500, warning: 7000, error: 12000 } as const;

export function Toasts() {
  const { editor } = useAnnotator();
  return (
    <div class="cvw-toasts" aria-live="assertive">
      {editor.toasts.value.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const { editor } = useAnnotator();
  useEffect(() => {
    const timer = setTimeout(() => editor.dismissToast(toast.id), SHOWN_MS[toast.level]);
    return () => clearTimeout(timer);
  }, [editor, toast]);
  return (
    <div class={`cvw-toast cvw-toast-${toast.level}`} data-testid="toast">
      <span>{toast.text}</span>
      <IconButton icon={X} label="Dismiss" small onClick={() => editor.dismissToast(toast.id)} />
    </div>
  );
}
