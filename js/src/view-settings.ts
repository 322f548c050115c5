/** How the picture and the objects on it are shown: the part of a user's settings that belongs to the canvas and the keys. */

/** What is written beside an object. */
export interface TextSettings {
  textId: boolean;
  textLabel: boolean;
  textAttributes: boolean;
  textSource: boolean;
  textScore: boolean;
  textDimensions: boolean;
  /** Beside the object where there is room, or inside it where it fits. */
  textPosition: "auto" | "center";
}

/** How the picture is changed before it is shown; the data stay as they are. */
export interface ImageEffects {
  /** In percent, as are `contrast` and `saturation`; 100 changes nothing. */
  brightness: number;
  contrast: number;
  saturation: number;
  gamma: number;
  /** Spread the brightness of the picture over the whole range. */
  equalize: boolean;
}

export interface GridSettings {
  /** Pixels of the picture between two lines. */
  gridSize: number;
  /** In percent; 0: no grid. */
  gridOpacity: number;
  gridColor: string;
}

export interface ViewSettings extends TextSettings, ImageEffects, GridSettings {
  /** Around the picture; empty: as the theme has it. */
  canvasColor: string;
  /** Whether turning the picture turns those of all frames. */
  rotateAll: boolean;
  /** Outlines of all objects; empty: each in the colour of its object. */
  outlineColor: string;
  /** Lines along the edges of cuboids that run away from the viewer. */
  showProjections: boolean;
  /** Whether layers that Python draws are shown, and how opaque they are, in percent. */
  showOverlays: boolean;
  overlayOpacity: number;
  /** Whether the list of objects has the tracks that are outside on the frame. */
  showOutsideTracks: boolean;
  /** How closely polygons follow what a model or the scissors found: 0 to 13. */
  polygonDetail: number;
  /** Keys of actions that differ from the default ones, by the id of the action. */
  keys: Readonly<Record<string, readonly string[]>>;
}

export const NO_EFFECTS: Readonly<ImageEffects> = {
  brightness: 100,
  contrast: 100,
  saturation: 100,
  gamma: 1,
  equalize: false,
};

export const DEFAULT_VIEW_SETTINGS: Readonly<ViewSettings> = {
  ...NO_EFFECTS,
  textId: true,
  textLabel: true,
  textAttributes: true,
  textSource: true,
  textScore: true,
  textDimensions: false,
  textPosition: "auto",
  gridSize: 100,
  gridOpacity: 0,
  gridColor: "#ffffff",
  canvasColor: "",
  rotateAll: false,
  outlineColor: "",
  showProjections: false,
  showOverlays: true,
  overlayOpacity: 70,
  showOutsideTracks: false,
  polygonDetail: 9,
  keys: {},
};

function isKeys(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === "string"));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** What the store kept, without what is not a setting any more or has another type: an old or edited store must not stop a view. */
export function readSettings<T extends object>(defaults: Readonly<T>, kept: Readonly<Record<string, unknown>>): Partial<T> {
  const known: Record<string, unknown> = {};
  for (const [name, usual] of Object.entries(defaults)) {
    const value = kept[name];
    const fits = Array.isArray(usual)
      ? isTexts(value)
      : typeof usual === "object"
        ? isKeys(value)
        : typeof value === typeof usual;
    if (fits) known[name] = value;
  }
  return known as Partial<T>;
}
