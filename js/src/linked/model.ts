/** Traits of a widget as signals, and the choice that Python and the page share. */
import type { AnyModel } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** What a view needs of its widget; `close` stops listening. */
export class Traits {
  private readonly stops: (() => void)[] = [];

  constructor(private readonly model: AnyModel) {}

  /** A trait as it is at present. */
  read<T>(name: string): ReadonlySignal<T> {
    const value: Signal<T> = signal(this.model.get(name) as T);
    const changed = (): void => {
      value.value = this.model.get(name) as T;
    };
    this.model.on(`change:${name}`, changed);
    this.stops.push(() => this.model.off(`change:${name}`, changed));
    return value;
  }

  /** Set traits, all in one message. */
  write(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    try {
      this.model.save_changes();
    } catch {
      // The kernel is gone; what was chosen is still shown here.
    }
  }

  close(): void {
    for (const stop of this.stops) stop();
  }
}

/** The choice after a gesture: alone, or with Shift or Ctrl added to what was chosen; all of it again takes it away. */
export function chosenAfter(chosen: readonly number[], gesture: readonly number[], several: boolean): number[] {
  if (!several) return [...new Set(gesture)];
  const before = new Set(chosen);
  const added = gesture.filter((id) => !before.has(id));
  if (added.length > 0) return [...new Set([...chosen, ...added])];
  const gone = new Set(gesture);
  return chosen.filter((id) => !gone.has(id));
}
