/** Put a text on the clipboard. Without a secure context, as on plain-http hubs, there is only that of the selection. */
export async function copyText(text: string, near: Element): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
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
