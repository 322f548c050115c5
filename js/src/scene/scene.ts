/**
 * The canvas of an editor: the picture, the shapes, and what the user is working on.
 *
 * Two canvases of the view's size lie over one another, never one of the picture's size. The lower one has the picture and the
 * static layer, the upper one the interaction layer; each is drawn again only when something on it changed, at most once a frame
 * of the screen.
 */
import { computed, effect, type ReadonlySignal, untracked } from "@preact/signals";
import type { ObjectState } from "../document/records";
import type { Editor } from "../editor";
import type { FrameImage } from "../frames/player";
import { kindOf } from "../shapes/index";
import type { Box, Figure, Handle, Point } from "../shapes/kind";
import type { View } from "./area";
import { Backdrop } from "./backdrop";
import { Canvases } from "./canvases";
import { drawInteraction } from "./interaction-layer";
import { ItemList } from "./items";
import { Lifting } from "./lifting";
import { Notice } from "./notice";
import { type Context, enter, type Style } from "./painter";
import { Picker } from "./picker";
import { drawProjections } from "./projections";
import { Redrawing } from "./redrawing";
import { SpatialIndex } from "./spatial-index";
import type { Preview, Stage } from "./stage";
import { StaticLayer } from "./static-layer";
import { stillOf } from "./still";
import { styleOf } from "./style";
import { contextOf } from "./surface";
import { Viewport } from "./viewport";

/** What draws large scenes is started once the first frame has had its turn. */
const WARM_MS = 50;

export class Scene implements Stage {
  readonly viewport = new Viewport();
  /** The frame whose objects are shown: the present one, or the one before while its picture is on the way. */
  readonly shownFrame: ReadonlySignal<number>;
  /** Draws between the picture and the shapes. */
  underlay: ((context: Context, view: View) => void) | null = null;
  private readonly list = new ItemList();
  private readonly index = new SpatialIndex();
  private readonly picker: Picker;
  private readonly backdrop = new Backdrop();
  private readonly statics: StaticLayer;
  private readonly canvases: Canvases;
  private readonly redrawing: Redrawing;
  private readonly lifting: Lifting;
  private readonly notice: Notice;
  private readonly observer: ResizeObserver;
  private readonly stops: (() => void)[] = [];
  private states = new Map<number, ObjectState>();
  private background = "#26282b";
  private topEmpty = false;
  private drawnFrame = Number.NaN;
  private fittedFrame = Number.NaN;
  private fittedSize: readonly [number, number] = [0, 0];

  constructor(
    readonly host: HTMLElement,
    private readonly editor: Editor,
  ) {
    this.canvases = new Canvases(host);
    this.redrawing = new Redrawing(this.canvases, (layer) => (layer === "base" ? this.drawBase() : this.drawTop()));
    this.lifting = new Lifting(editor, this.index, (id) => this.states.get(id));
    this.picker = new Picker(this.index, editor, this.viewport);
    this.statics = new StaticLayer(this.index, () => this.redrawing.invalidate("base"));
    this.shownFrame = computed(() => {
      const frame = editor.frame.value;
      const image = editor.player.image.value;
      return image && image.frame !== frame && !editor.player.error.value ? image.frame : frame;
    });
    this.notice = new Notice(host);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(host);
    const stopWatching = this.canvases.watchPixelRatio(() => {
      this.statics.setStyle(this.style());
      if (this.viewport.size.peek()[0] > 0) this.measure();
    });
    this.measure();
    const warming = setTimeout(() => this.statics.warm(), WARM_MS);
    this.stops.push(
      stopWatching,
      () => clearTimeout(warming),
      effect(() => this.takeTurn()),
      effect(() => this.takeObjects()),
      effect(() => this.takeView()),
      effect(() => this.takePicture()),
      effect(() => this.takeSelection()),
    );
  }

  /* Navigation */

  fit(): void {
    const [width, height] = this.pictureSize();
    this.viewport.fit(width, height);
    this.fittedSize = [width, height];
  }

  /** Zoom at a point of the page, or at the centre of the view. */
  zoomBy(factor: number, clientPoint?: Point): void {
    const [width, height] = this.viewport.size.value;
    const box = this.host.getBoundingClientRect();
    const [x, y] = clientPoint ? [clientPoint[0] - box.left, clientPoint[1] - box.top] : [width / 2, height / 2];
    this.viewport.zoomAt(factor, x, y);
  }

  zoomTo(box: Box, padding = 40): void {
    this.viewport.show(box, padding);
  }

  /** Bring an object of the shown frame to the middle of the view. */
  focusObject(id: number): void {
    const item = this.index.get(id);
    if (item) this.viewport.show(item.box, 80);
  }

  /** A point of the picture as client coordinates, those of pointer events. */
  toScreen(x: number, y: number): Point {
    const box = this.host.getBoundingClientRect();
    const [left, top] = this.viewport.toScreen(x, y);
    return [left + box.left, top + box.top];
  }

  /** Client coordinates as a point of the picture. */
  toImage(clientX: number, clientY: number): Point {
    const box = this.host.getBoundingClientRect();
    return this.viewport.toImage(clientX - box.left, clientY - box.top);
  }

  /* What tools ask */

  pictureSize(): readonly [width: number, height: number] {
    const image = this.editor.player.image.peek();
    if (image && image.frame === this.shownFrame.peek()) return [image.width, image.height];
    return this.editor.frames.sizeOf(this.shownFrame.peek());
  }

  get upToDate(): boolean {
    return this.shownFrame.peek() === this.editor.frame.peek();
  }

  pickAt(point: Point): readonly number[] {
    return this.picker.at(point);
  }

  /** Ids of the objects that lie wholly inside a box. */
  pickIn(box: Box): readonly number[] {
    return this.picker.in(box);
  }

  figuresNear(point: Point, reach: number): readonly Figure[] {
    return this.picker.figuresNear(point, reach);
  }

  stateOf(id: number): ObjectState | undefined {
    return this.states.get(id);
  }

  figureOf(id: number): Figure | undefined {
    return this.index.get(id);
  }

  handleAt(point: Point): { readonly id: number; readonly handle: Handle } | null {
    const item = this.upToDate ? this.lifting.editable : undefined;
    const handle = item && this.picker.handleOf(item, point);
    return item && handle ? { id: item.id, handle } : null;
  }

  setPreview(preview: Preview | null): void {
    const { dragged } = this.lifting;
    this.lifting.preview = preview;
    if (dragged !== this.lifting.dragged) this.lift();
    this.redrawing.invalidate("top");
  }

  setCursor(cursor: string): void {
    if (this.host.style.cursor !== cursor) this.host.style.cursor = cursor;
  }

  redraw(): void {
    this.redrawing.invalidate("base");
  }

  /** Whether everything is drawn at the present scale and as it is now; right after a change it may be a scaled older drawing. */
  get crisp(): boolean {
    return !this.redrawing.pending && this.statics.crispAt(this.view());
  }

  /** The visible part of the picture with its shapes, as a PNG whose longer side is at most `maxSide` pixels. */
  picture(maxSide: number): Promise<Blob> {
    this.drawBase();
    const lifted = this.lifting.items.map(({ item }) => item);
    return stillOf(this.canvases.base, this.view(), this.pictureSize(), lifted, this.style(), maxSide);
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.observer.disconnect();
    this.redrawing.dispose();
    this.statics.dispose();
    this.notice.dispose();
    this.canvases.dispose();
  }

  /* What changed */

  private takeObjects(): void {
    const { editor } = this;
    const frame = this.shownFrame.value;
    const states = frame === editor.frame.value ? editor.objects.value : editor.objectsAt(frame);
    const hidden = editor.hidden.value;
    const top = editor.layer.value ?? Number.POSITIVE_INFINITY;
    const shown = states.filter((state) => !hidden.has(state.id) && state.z_order <= top);
    const items = this.list.update(shown, editor);
    this.states = new Map(states.map((state) => [state.id, state]));
    this.index.update(items);
    if (frame !== this.drawnFrame) {
      this.drawnFrame = frame;
      this.statics.clear();
      this.redrawing.hold();
    }
    this.statics.setStyle(this.style());
    this.statics.setItems(items);
    this.lift();
    this.redrawing.invalidate("base");
    this.redrawing.invalidate("top");
  }

  private takeTurn(): void {
    const turn = this.editor.turns.of(this.shownFrame.value);
    if (turn === this.viewport.turn.peek()) return;
    untracked(() => {
      const fitted = this.viewport.fitted;
      this.viewport.setTurn(turn);
      if (fitted) this.fit();
      this.statics.setStyle(this.style());
      this.measure();
    });
  }

  private takeView(): void {
    this.viewport.scale.value;
    this.viewport.x.value;
    this.viewport.y.value;
    this.viewport.size.value;
    this.redrawing.moved();
    this.editor.player.showsSide(Math.max(...this.pictureSize()) * this.viewport.scale.peek() * this.canvases.pixelRatio);
  }

  private takePicture(): void {
    const { player } = this.editor;
    const image = player.image.value;
    const error = player.error.value;
    const frame = this.editor.frame.value;
    const { resetZoom: reset, canvasColor } = this.editor.settings.value;
    this.editor.bitmap.value;
    this.host.style.background = canvasColor;
    if (error) this.notice.error(/cannot be read/.test(error) ? error : `Frame ${frame} cannot be read: ${error}`);
    else if (player.loading.value && image?.frame !== frame) this.notice.loading(frame);
    else this.notice.clear();
    const [width, height] = this.pictureSize();
    const [oldWidth, oldHeight] = this.fittedSize;
    const isNew = this.fittedFrame !== this.shownFrame.value;
    if (width !== oldWidth || height !== oldHeight || (reset && isNew)) untracked(() => this.fit());
    this.fittedFrame = this.shownFrame.value;
    this.redrawing.quickly();
  }

  private takeSelection(): void {
    const { editor } = this;
    editor.selection.value;
    editor.locked.value;
    editor.hovered.value;
    editor.settings.value;
    editor.bitmap.value;
    this.statics.setStyle(this.style());
    this.lift();
    this.redrawing.invalidate("top");
  }

  /** Leave out of the static layer what the interaction layer draws. */
  private lift(): void {
    this.statics.setLifted(this.lifting.ids);
  }

  private measure(): void {
    const width = this.host.clientWidth;
    const height = this.host.clientHeight;
    if (this.canvases.resize(width, height, this.viewport.turn.peek())) this.topEmpty = false;
    const [oldWidth, oldHeight] = this.viewport.size.peek();
    if (width !== oldWidth || height !== oldHeight) {
      const fitted = this.viewport.fitted;
      this.viewport.resize(width, height);
      // Who looks at the whole picture wants to go on doing so.
      if (fitted || oldWidth === 0 || oldHeight === 0) this.fit();
    }
    // Drawing at once: a resized canvas is empty until then.
    this.redrawing.all();
  }

  /* Drawing */

  private drawBase(): void {
    const view = this.view();
    const { moving, quick } = this.redrawing;
    if (!this.statics.ready && this.redrawing.isHeld()) {
      this.statics.prepare(view);
      return;
    }
    const context = contextOf(this.canvases.base);
    context.setTransform(1, 0, 0, 1, 0, 0);
    // Asking for it has the browser compute styles, which playing has no time for.
    if (!quick) this.background = this.canvases.background;
    context.fillStyle = this.background;
    context.fillRect(0, 0, view.width, view.height);
    this.backdrop.draw(context, view, {
      image: this.currentImage(),
      size: this.pictureSize(),
      settings: this.editor.settings.peek(),
      bitmap: this.editor.bitmap.peek(),
      pixelRatio: this.canvases.pixelRatio,
      quick,
    });
    this.underlay?.(context, view);
    this.drawProjections(context, view);
    this.statics.draw(context, view, moving);
  }

  private drawProjections(context: Context, view: View): void {
    if (!this.editor.settings.peek().showProjections) return;
    enter(context, { ...view, x: -view.x / view.scale, y: -view.y / view.scale });
    drawProjections(context, this.list.items, this.pictureSize(), this.canvases.pixelRatio / view.scale);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  private drawTop(): void {
    const view = this.view();
    const lifted = this.lifting.items;
    const { preview } = this.lifting;
    const empty = lifted.length === 0 && !preview;
    // Touching an empty canvas would have the browser put it on the screen again.
    if (empty && this.topEmpty) return;
    this.topEmpty = empty;
    const context = contextOf(this.canvases.top);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    const item = preview?.draft || !this.upToDate ? null : this.lifting.editable;
    const handles = item ? kindOf(item.type).handles(item, 1 / this.viewport.scale.peek()) : [];
    const settings = this.editor.settings.peek();
    const style = { ...this.style(), opacity: settings.selectedOpacity / 100, outlines: true, outlineColor: "" };
    drawInteraction(context, { lifted, handles, preview, style, view });
  }

  private currentImage(): FrameImage | null {
    const image = this.editor.player.image.peek();
    // An evicted bitmap has no size; drawing it would throw.
    return image && image.frame === this.shownFrame.peek() && image.image.width > 0 ? image : null;
  }

  private style(): Style {
    const { settings, bitmap } = this.editor;
    return styleOf(settings.peek(), {
      bitmap: bitmap.peek(),
      turn: this.viewport.turn.peek(),
      items: this.list.items.length,
      pixelRatio: this.canvases.pixelRatio,
    });
  }

  private view(): View {
    const { viewport } = this;
    const { base } = this.canvases;
    const ratio = this.canvases.pixelRatio;
    return {
      scale: viewport.scale.peek() * ratio,
      x: viewport.x.peek() * ratio,
      y: viewport.y.peek() * ratio,
      width: base.width,
      height: base.height,
    };
  }
}
