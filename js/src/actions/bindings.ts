/** Which keys run which actions: the default ones, and what the user made of them. */
import type { ViewSettings } from "../view-settings";
import type { Action } from "./context";

export type ChosenKeys = ViewSettings["keys"];
type Keyed = Pick<Action, "id" | "keys" | "workspace">;

export function keysOf({ id, keys }: Keyed, chosen: ChosenKeys): readonly string[] {
  return chosen[id] ?? keys;
}

/** Whether two key combinations cannot both be had: they are the same, or one is the beginning of the other. */
export function collide(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `);
}

/** Whether two actions compete for keys: those of one workspace go before those that are everywhere. */
function compete(a: Keyed, b: Keyed): boolean {
  return a.workspace === b.workspace;
}

/** For each action whose keys collide with those of others: the ids of these others. */
export function conflictsOf(actions: readonly Keyed[], chosen: ChosenKeys): ReadonlyMap<string, readonly string[]> {
  /** By the first press of a combination: only these can collide. */
  const byPress = new Map<string, (readonly [keys: string, action: Keyed])[]>();
  for (const action of actions) {
    for (const keys of keysOf(action, chosen)) {
      const press = keys.split(" ", 1)[0] as string;
      byPress.set(press, [...(byPress.get(press) ?? []), [keys, action]]);
    }
  }
  const conflicts = new Map<string, string[]>();
  for (const entries of byPress.values()) {
    for (const [keys, action] of entries) {
      for (const [others, other] of entries) {
        if (other.id === action.id || !compete(action, other) || !collide(keys, others)) continue;
        const known = conflicts.get(action.id) ?? [];
        if (!known.includes(other.id)) conflicts.set(action.id, [...known, other.id]);
      }
    }
  }
  return conflicts;
}

/** The choice after an action was given keys; what equals the default keys is not kept. */
export function choose(chosen: ChosenKeys, action: Keyed, keys: readonly string[]): ChosenKeys {
  const { [action.id]: _, ...others } = chosen;
  const usual = keys.length === action.keys.length && keys.every((each, i) => each === action.keys[i]);
  return usual ? others : { ...others, [action.id]: keys };
}

/** The choice after other actions lost what collides with the keys of one. */
export function yieldTo(chosen: ChosenKeys, actions: readonly Keyed[], id: string): ChosenKeys {
  const winner = actions.find((action) => action.id === id);
  if (!winner) return chosen;
  const taken = keysOf(winner, chosen);
  let result = chosen;
  for (const action of actions) {
    if (action.id === id || !compete(action, winner)) continue;
    const keys = keysOf(action, result);
    const left = keys.filter((each) => !taken.some((other) => collide(each, other)));
    if (left.length < keys.length) result = choose(result, action, left);
  }
  return result;
}
