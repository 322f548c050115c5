/** What can become what. */
import type { ObjectState } from "../document/records";
import type { Convertible } from "../geometry/convert";

/** What can be made of a shape of a type. */
const TARGETS: Readonly<Partial<Record<ObjectState["type"], readonly Convertible[]>>> = {
  mask: ["polygon", "rectangle"],
  polygon: ["mask", "rectangle"],
  rectangle: ["polygon", "mask"],
  ellipse: ["mask", "polygon"],
};

export function canConvert(state: ObjectState, to: Convertible): boolean {
  return TARGETS[state.type]?.includes(to) ?? false;
}
