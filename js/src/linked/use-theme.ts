import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A colour of the host's theme for a canvas, which cannot look it up itself; follows when the theme changes. */
export function useTheme(element: RefObject<HTMLElement>, name: string): string {
  const [value, setValue] = useState("#888");
  useEffect(() => {
    const read = (): void => {
      if (element.current) setValue(getComputedStyle(element.current).getPropertyValue(name).trim() || "#888");
    };
    read();
    const observer = new MutationObserver(read);
    for (const each of [document.body, document.documentElement]) {
      observer.observe(each, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name"] });
    }
    // The style sheet of another theme arrives after its name; what it changes is seen when the pointer comes.
    element.current?.addEventListener("pointerenter", read);
    return () => observer.disconnect();
  }, [name]);
  return value;
}
