/** A field for a message: Enter sends it, Shift+Enter begins a new line, Escape gives it up. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface MessageFieldProps {
  readonly label: string;
  /** What the button says. */
  readonly send: string;
  readonly value?: string;
  readonly focused?: boolean;
  /** True if the message was taken. */
  readonly onSend: (message: string) => Promise<boolean>;
  readonly onCancel?: () => void;
  readonly testId: string;
}

const LONGEST = 10_000;

export function MessageField({ label, send, value = "", focused, onSend, onCancel, testId }: MessageFieldProps) {
  const [text, setText] = useState(value);
  const [sending, setSending] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (focused) field.current?.focus({ preventScroll: true });
  }, [focused]);
  const submit = async (): Promise<void> => {
    if (text.trim() === "" || sending) return;
    setSending(true);
    const taken = await onSend(text.trim());
    setSending(false);
    if (taken) setText("");
  };
  return (
    <div class="cvw-message-field">
      <textarea
        ref={field}
        class="cvw-field"
        rows={2}
        maxLength={LONGEST}
        aria-label={label}
        placeholder={label}
        data-testid={testId}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            event.stopPropagation();
            void submit();
          } else if (event.key === "Escape" && onCancel) {
            event.preventDefault();
            event.stopPropagation();
            onCancel();
          }
        }}
      />
      <div class="cvw-message-buttons">
        {onCancel && (
          <button type="button" class="cvw-button" onClick={onCancel}>
            Cancel
          </button>
        )}
        <button
          type="button"
          class="cvw-button cvw-primary"
          disabled={text.trim() === "" || sending}
          title="Enter"
          onClick={() => void submit()}
        >
          {send}
        </button>
      </div>
    </div>
  );
}
