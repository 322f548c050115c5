/** Put a text on the clipboard. Without a secure context, as on plain-http hubs, there is only that of the selection. */
export async function copyText(text: string, near: Element): Promise<void> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return;
    }
  } catch {
    // A page in a frame may not be allowed to; what follows may be.
  }
  const before = document.activeElement as HTMLElement | null;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "cvw-visually-hidden cvw-labels-hidden";
  near.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  if (!copied) throw new Error("The browser does not let the page copy.");
}

/** Where a button's text is taken from when it is copied: beside the button, and in its dialog, where there is focus. */
export function besides(button: EventTarget | null): Element {
  return (button instanceof Element && button.parentElement) || document.body;
}
