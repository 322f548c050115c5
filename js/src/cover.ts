/** What is shown before the annotator is there: the frame with its shapes, drawn by Python, where the canvas will show it. */
import { DEFAULT_LAYOUT, type LayoutSettings, TIMELINE_HEAD } from "./layout-settings";

/** What Python says of the first picture. */
export interface FirstFacts {
  readonly settings: Partial<LayoutSettings>;
  readonly timeline: boolean;
}

export interface Cover {
  readonly element: HTMLElement;
  /** Once the picture can be seen, or cannot be decoded. */
  readonly shown: Promise<void>;
}

function part(name: string, parent: HTMLElement): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  parent.append(element);
  return element;
}

function sizeOf(wanted: unknown, standard: number): number {
  return typeof wanted === "number" && wanted >= 0 && wanted < 4000 ? wanted : standard;
}

/** The parts are those of the annotator, empty, so that style sheets give them the sizes they will have. */
export function makeCover(picture: DataView<ArrayBuffer>, facts: FirstFacts, height: number): Cover {
  const { settings } = facts;
  const root = document.createElement("div");
  root.className = "cvw-root cvw-cover";
  root.style.height = `${height}px`;
  root.setAttribute("aria-hidden", "true");
  part("cvw-topbar", root);
  const body = part("cvw-body", root);
  part("cvw-toolbar", body);
  const canvas = part("cvw-canvas", part("cvw-stage", body));
  part("cvw-resizer", body);
  part("cvw-sidebar", body).style.setProperty(
    "--cvw-sidebar",
    `${sizeOf(settings.rightPanelWidth, DEFAULT_LAYOUT.rightPanelWidth)}px`,
  );
  if (facts.timeline) {
    const open = settings.timelineOpen ?? DEFAULT_LAYOUT.timelineOpen;
    const tall = open ? sizeOf(settings.timelineHeight, DEFAULT_LAYOUT.timelineHeight) : TIMELINE_HEAD;
    part("cvw-timeline", root).style.height = `${tall}px`;
  }
  const image = document.createElement("img");
  image.className = "cvw-still";
  image.alt = "";
  const url = URL.createObjectURL(new Blob([picture], { type: "image/jpeg" }));
  image.src = url;
  canvas.append(image);
  const shown = image
    .decode()
    .catch(() => undefined)
    .then(() => URL.revokeObjectURL(url));
  return { element: root, shown };
}
