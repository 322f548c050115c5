/**
 * The hub of one annotator: its document, its frames and its view state. Tools, panels and actions talk to this object and
 * never to each other.
 *
 * Three kinds of state, kept apart:
 *  - annotations live in `document` and change only through `commit`;
 *  - small last-write-wins state that Python also sees (`frame`, `selection`, `tool`, `activeLabel`) is bound to traits in index.ts;
 *  - everything else here belongs to this view and never leaves the browser.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { JobDocument } from "./document/document";
import type { Edit, LabelSpec, ObjectState } from "./document/records";
import { readFilter } from "./filter/logic";
import type { JsonLogic } from "./filter/tree";
import type { ContextImage } from "./frames/context-image";
import type { FramePlayer } from "./frames/player";
import { DEFAULT_LAYOUT, type LayoutSettings } from "./layout-settings";
import { NO_REVIEW, type ReviewFacts } from "./review/facts";
import { colorOf, ownColors } from "./scene/colors";
import { PictureTurns } from "./scene/picture-turns";
import { MaskOptions } from "./tools/mask/options";
import { DEFAULT_VIEW_SETTINGS, readSettings, type ViewSettings } from "./view-settings";
import type { Link } from "./wire/link";
import type { Demonstration } from "./wire/protocol";
import { type WorkspaceName, WorkspaceState } from "./workspaces/state";

/** Tools that make a shape. */
export type DrawTool = "rectangle" | "polygon" | "polyline" | "points" | "ellipse" | "cuboid" | "skeleton" | "mask";
export type ToolName =
  | "select"
  | DrawTool
  | "merge"
  | "group"
  | "split"
  | "slice"
  | "zoom"
  | "pan"
  | "issue"
  | "interact"
  | "scissors";
export type DrawMode = "shape" | "track";
export type { WorkspaceName } from "./workspaces/state";

const NO_OBJECTS: readonly ObjectState[] = [];

export interface JobInfo {
  readonly task: { readonly id: number; readonly uid: string; readonly name: string };
  readonly job: { readonly id: number; readonly start: number; readonly stop: number };
  readonly user: string;
  readonly readOnly: boolean;
}

export interface FrameTable {
  readonly count: number;
  readonly kind: "images" | "video";
  readonly fps: number | null;
  /** Frames that are taken out of the task; a component or effect that reads this follows it. */
  readonly deleted: ReadonlySet<number>;
  nameOf(frame: number): string;
  sizeOf(frame: number): readonly [width: number, height: number];
}

/** What the user prefers; kept in the store per user. */
export interface Settings extends ViewSettings, LayoutSettings {
  colorBy: "instance" | "label" | "group";
  /** Colours of single objects where objects are coloured one by one; see scene/colors.ts. */
  objectColors: readonly string[];
  opacity: number;
  selectedOpacity: number;
  outlines: boolean;
  showText: "always" | "selected" | "never";
  textSize: number;
  controlPointSize: number;
  /** How boxes are drawn: by two corners, by the outermost points, or turned from the start. */
  rectangleMethod: "corners" | "extreme" | "turned";
  ellipseMethod: "corners" | "turned";
  cuboidMethod: "rectangle" | "points";
  /** Polygons, polylines and point sets are finished at so many points; 0: when the user says so. */
  pointCount: number;
  /** Polygons may be drawn beyond the picture and are cut off at its border. */
  cropPolygons: boolean;
  /** Where a part of a polygon is drawn anew, the part that is smaller in every way goes without a question. */
  intelligentCropping: boolean;
  snapToContour: boolean;
  snapToPoint: boolean;
  /** CSS pixels within which points snap. */
  snapRadius: number;
  frameStep: number;
  /** CSS pixels around the object in attribute annotation. */
  attributeZoomMargin: number;
  /** Tag annotation goes to the next frame after each tag. */
  tagThenNext: boolean;
  /** Names of labels by digit, where tag annotation shall not go by their order. */
  tagDigits: Readonly<Record<string, readonly string[]>>;
  /** Single shape leaves out pictures that have objects already. */
  onlyEmptyFrames: boolean;
  /** Whether stepping and playing stop at deleted frames. */
  showDeleted: boolean;
  /** Whether context images lie over the canvas. */
  showContext: boolean;
  playbackSpeed: number;
  resetZoom: boolean;
  smoothImage: boolean;
  leftPanelWidth: number;
  /** Filters used last, as JSON logic, the newest first. */
  recentFilters: readonly string[];
}

export const DEFAULT_SETTINGS: Readonly<Settings> = {
  ...DEFAULT_VIEW_SETTINGS,
  ...DEFAULT_LAYOUT,
  colorBy: "label",
  objectColors: [],
  opacity: 12,
  selectedOpacity: 30,
  outlines: true,
  showText: "selected",
  textSize: 13,
  controlPointSize: 5,
  rectangleMethod: "corners",
  ellipseMethod: "corners",
  cuboidMethod: "rectangle",
  pointCount: 0,
  cropPolygons: true,
  intelligentCropping: true,
  snapToContour: false,
  snapToPoint: false,
  snapRadius: 10,
  frameStep: 10,
  attributeZoomMargin: 50,
  tagThenNext: false,
  tagDigits: {},
  onlyEmptyFrames: false,
  showDeleted: false,
  showContext: true,
  playbackSpeed: 1,
  resetZoom: false,
  smoothImage: true,
  leftPanelWidth: 44,
  recentFilters: [],
};

/** What plays instead of the frames where a session is replayed. */
export interface ReplayControl {
  readonly playing: ReadonlySignal<boolean>;
  toggle(): void;
  /** To the next or the previous change. */
  stepBy(count: number): void;
}

export interface Toast {
  readonly id: number;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

export class Editor {
  readonly frame: Signal<number>;
  readonly selection = signal<readonly number[]>([]);
  readonly hovered = signal<number | null>(null);
  readonly tool = signal<ToolName>("select");
  readonly drawMode = signal<DrawMode>("shape");
  readonly workspace = signal<WorkspaceName>("standard");
  readonly workspaces = new WorkspaceState();
  /** Context images of the present frame. */
  readonly context = signal<readonly ContextImage[]>([]);
  /** First frame and title of each chapter of the video. */
  readonly chapters = signal<readonly (readonly [frame: number, title: string])[]>([]);
  /** The object that the next drawing gives a new shape, instead of making another object. */
  readonly redrawing = signal<number | null>(null);
  readonly activeLabel: Signal<number>;
  /** Objects a click cannot touch and objects not drawn; both as in CVAT a matter of this view, not of the data. */
  readonly locked = signal<ReadonlySet<number>>(new Set());
  readonly hidden = signal<ReadonlySet<number>>(new Set());
  readonly pinned = signal<ReadonlySet<number>>(new Set());
  /** The highest layer that is drawn, and the one of new objects; null: all are, and new objects come on top. */
  readonly layer = signal<number | null>(null);
  readonly settings: Signal<Settings>;
  /** What Python wants recorded, replayed or done. */
  demonstration: ReadonlySignal<Demonstration | null> = signal(null);
  readonly replay = signal<ReplayControl | null>(null);
  readonly turns = new PictureTurns();
  /** How masks are drawn. */
  readonly masks = new MaskOptions();
  /** Objects as opaque areas of colour on black, without the picture. */
  readonly bitmap = signal(false);
  readonly toasts = signal<readonly Toast[]>([]);
  /** The last thing that happened, for the aria-live line. */
  readonly announcement = signal("");
  /** Objects copied with Ctrl+C, as they looked where they were copied. */
  readonly clipboard = signal<readonly ObjectState[]>([]);

  /** Which objects there are for this view, as JSON logic; null: all. */
  readonly filter = signal<JsonLogic | null>(null);
  readonly filtering = computed(() => readFilter(this.filter.value, this.labels.value));
  private readonly keptColors = computed(() => this.settings.value.objectColors);
  /** Colours that single objects of this task were given. */
  readonly ownColors = computed(() => ownColors(this.keptColors.value, this.info.task.id));
  /** Every object on the present frame, bottom first; outside states of tracks and what the filter leaves out are not among them. */
  readonly objects = computed(() => this.objectsAt(this.frame.value));
  /** The selected objects that exist on the present frame. */
  readonly selected = computed(() => {
    const ids = new Set(this.selection.value);
    return this.objects.value.filter((state) => ids.has(state.id));
  });

  private nextToast = 1;

  constructor(
    readonly info: JobInfo,
    readonly labels: Signal<readonly LabelSpec[]>,
    readonly frames: FrameTable,
    readonly document: JobDocument,
    readonly player: FramePlayer,
    readonly link: Link,
    settings: Partial<Settings> = {},
    readonly review: Signal<ReviewFacts> = signal(NO_REVIEW),
  ) {
    this.frame = player.frame;
    player.skips = (frame) => frames.deleted.has(frame) && !this.settings.peek().showDeleted;
    this.activeLabel = signal(labels.value[0]?.id ?? 0);
    this.settings = signal({ ...DEFAULT_SETTINGS, ...readSettings(DEFAULT_SETTINGS, settings) });
  }

  /** Apply an edit here at once and send it to the kernel; `label` is what undo will call it ("Move car 12"). */
  commit(label: string, edit: Edit): void {
    if (this.info.readOnly) {
      this.toast("warning", "This view is read-only.");
      return;
    }
    this.document.apply(label, edit);
    const { matcher } = this.filtering.peek();
    const hidden = matcher && edit.added?.map(({ id }) => this.document.stateOf(id, this.frame.peek()));
    if (hidden?.some((state) => state && !matcher?.test(state))) this.toast("info", "The filter hides what was just made.");
  }

  /** The objects on a frame that pass the filter. */
  objectsAt(frame: number): readonly ObjectState[] {
    if (this.frames.deleted.has(frame)) return NO_OBJECTS;
    const states = this.document.statesAt(frame);
    const { matcher } = this.filtering.value;
    return matcher ? states.filter(matcher.test) : states;
  }

  labelOf(id: number): LabelSpec | undefined {
    for (const label of this.labels.value) {
      if (label.id === id) return label;
      const sublabel = label.sublabels.find((each) => each.id === id);
      if (sublabel) return sublabel;
    }
    return undefined;
  }

  /** The colour in which an object is drawn and listed. */
  colorOf(state: Pick<ObjectState, "id" | "label" | "group">): string {
    return colorOf(state, this.labelOf(state.label), this.settings.value.colorBy, this.ownColors.value);
  }

  /** "car 12": how an object is called in lists, messages and undo. */
  nameOf(state: Pick<ObjectState, "id" | "label">): string {
    return `${this.labelOf(state.label)?.name ?? "object"} ${state.id}`;
  }

  isLocked(id: number): boolean {
    return this.locked.value.has(id);
  }

  isHidden(id: number): boolean {
    return this.hidden.value.has(id);
  }

  setSetting<K extends keyof Settings>(key: K, value: Settings[K]): void {
    this.settings.value = { ...this.settings.value, [key]: value };
  }

  toast(level: Toast["level"], text: string): void {
    const id = this.nextToast++;
    this.toasts.value = [...this.toasts.value.slice(-3), { id, level, text }];
  }

  dismissToast(id: number): void {
    this.toasts.value = this.toasts.value.filter((toast) => toast.id !== id);
  }

  announce(text: string): void {
    this.announcement.value = text;
  }
}
