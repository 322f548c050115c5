/** The context images of a frame: small beside the picture, and large with zoom and turns. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Editor } from "../editor";
import type { ContextImage } from "../frames/context-image";
import { messageOf } from "../words";
import { useAnnotator } from "./context";
import { IconButton } from "./IconButton";
import { ChevronLeft, ChevronRight, EyeOff, Maximize, RotateCcw, RotateCw, X, ZoomIn, ZoomOut } from "./icons";

export function ContextImages() {
  const { editor } = useAnnotator();
  const images = editor.context.value;
  const [at, setAt] = useState(0);
  const [large, setLarge] = useState(false);
  const image = images[Math.min(at, images.length - 1)];
  const picture = usePicture(editor, image);
  if (!image) return null;
  const index = images.indexOf(image);
  const title = images.length > 1 ? `${index + 1} / ${images.length}` : "Context";
  const turn = (by: number): void => setAt((index + by + images.length) % images.length);
  const steps = images.length > 1 && (
    <>
      <IconButton icon={ChevronLeft} label="Previous context image" small onClick={() => turn(-1)} />
      <IconButton icon={ChevronRight} label="Next context image" small onClick={() => turn(1)} />
    </>
  );
  if (large && picture.url)
    return (
      <Large url={picture.url} name={image.name} close={() => setLarge(false)}>
        {steps}
      </Large>
    );
  return (
    <figure class="cvw-context" data-testid="context-images">
      <figcaption>
        <span class="cvw-ellipsis" title={image.name}>
          {title}
        </span>
        {steps}
        <IconButton icon={Maximize} label="Enlarge" small disabled={!picture.url} onClick={() => setLarge(true)} />
        <IconButton
          icon={EyeOff}
          label="Hide context images"
          small
          onClick={() => {
            editor.setSetting("showContext", false);
            editor.toast("info", "Context images are hidden. The palette (Ctrl+Shift+P) shows them again.");
          }}
        />
      </figcaption>
      <button type="button" class="cvw-context-small" aria-label={`Enlarge ${image.name}`} onClick={() => setLarge(true)}>
        {picture.url ? (
          <img src={picture.url} alt={image.name} />
        ) : (
          <span class="cvw-muted">{picture.error ?? "Loading…"}</span>
        )}
      </button>
    </figure>
  );
}

interface Picture {
  readonly url: string | null;
  readonly error: string | null;
}

function usePicture(editor: Editor, image: ContextImage | undefined): Picture {
  const [picture, setPicture] = useState<Picture>({ url: null, error: null });
  useEffect(() => {
    setPicture({ url: null, error: null });
    if (!image) return;
    const abort = new AbortController();
    let url: string | null = null;
    const { frame, index } = image;
    editor.link
      .call<{ mime: string }>("context.picture", { frame, index }, { signal: abort.signal })
      .then(({ result, buffers }) => {
        url = URL.createObjectURL(new Blob([buffers[0] as Uint8Array<ArrayBuffer>], { type: result.mime }));
        setPicture({ url, error: null });
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setPicture({ url: null, error: messageOf(error) });
      });
    return () => {
      abort.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [editor, image]);
  return picture;
}

const ZOOM = 1.25;
const MOST = 20;

interface LargeProps {
  readonly url: string;
  readonly name: string;
  readonly close: () => void;
  readonly children: preact.ComponentChildren;
}

/** The picture over the canvas: the wheel zooms, dragging moves it. */
function Large({ url, name, close, children }: LargeProps) {
  const [scale, setScale] = useState(1);
  const [turns, setTurns] = useState(0);
  const [[x, y], setPlace] = useState<readonly [number, number]>([0, 0]);
  const element = useRef<HTMLDivElement>(null);
  const zoom = (factor: number): void => setScale((now) => Math.min(Math.max(now * factor, 0.2), MOST));
  useLayoutEffect(() => {
    const view = element.current;
    const root = view?.closest<HTMLElement>(".cvw-root");
    view?.focus({ preventScroll: true });
    return () => root?.focus({ preventScroll: true });
  }, []);
  return (
    <div
      ref={element}
      class="cvw-context-large"
      role="dialog"
      aria-label={`Context image ${name}`}
      tabIndex={-1}
      data-testid="context-large"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
      onWheel={(event) => {
        event.preventDefault();
        event.stopPropagation();
        zoom(ZOOM ** (-event.deltaY / 100));
      }}
    >
      <div class="cvw-context-bar">
        <span class="cvw-ellipsis">{name}</span>
        {children}
        <IconButton icon={RotateCcw} label="Turn to the left" small onClick={() => setTurns(turns - 1)} />
        <IconButton icon={RotateCw} label="Turn to the right" small onClick={() => setTurns(turns + 1)} />
        <IconButton icon={ZoomOut} label="Zoom out" small onClick={() => zoom(1 / ZOOM)} />
        <IconButton icon={ZoomIn} label="Zoom in" small onClick={() => zoom(ZOOM)} />
        <IconButton icon={X} label="Close (Esc)" small onClick={close} />
      </div>
      <div
        class="cvw-context-view"
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) setPlace([x + event.movementX, y + event.movementY]);
        }}
      >
        <img
          src={url}
          alt={name}
          draggable={false}
          style={{ transform: `translate(${x}px, ${y}px) rotate(${turns * 90}deg) scale(${scale})` }}
        />
      </div>
    </div>
  );
}
