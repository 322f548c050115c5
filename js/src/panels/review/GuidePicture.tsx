/** A picture that the store keeps with a guide, in the dialog of the annotator and on the pages of the task browser. */
import { useEffect, useState } from "preact/hooks";
import type { PictureComponent } from "./MarkdownTree";

type Answer = Promise<{ readonly result: { readonly mime: string }; readonly buffers: readonly unknown[] }>;

/** The component for pictures that are asked for by name. */
export function guidePicture(ask: (name: string, signal: AbortSignal) => Answer): PictureComponent {
  return function Picture({ name, alt }) {
    const [address, setAddress] = useState("");
    const [missing, setMissing] = useState(false);
    useEffect(() => {
      const abort = new AbortController();
      let made = "";
      ask(name, abort.signal).then(
        ({ result, buffers }) => {
          if (abort.signal.aborted) return;
          // Of the kernel's word on what it is only these are believed: none of them can hold a script.
          const type = ["image/png", "image/jpeg", "image/gif", "image/webp"].find((each) => each === result.mime);
          const [bytes] = buffers;
          if (!type || !bytes) setMissing(true);
          else {
            made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
            setAddress(made);
          }
        },
        () => abort.signal.aborted || setMissing(true),
      );
      return () => {
        abort.abort();
        if (made) URL.revokeObjectURL(made);
      };
    }, [name]);
    if (missing) return <span class="cvw-muted">[{alt || name}: cannot be shown]</span>;
    return address ? <img src={address} alt={alt} /> : <span class="cvw-muted">…</span>;
  };
}
