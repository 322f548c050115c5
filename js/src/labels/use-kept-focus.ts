import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** When what has the focus goes away or is switched off, the focus stays in the editor instead of falling back to the page. */
export function useKeptFocus(root: RefObject<HTMLElement>): void {
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return;
    let inside = false;
    const look = (event: Event): void => {
      inside = event.composedPath().includes(element);
    };
    const keep = (): void => {
      const { activeElement } = element.getRootNode() as Document | ShadowRoot;
      if (inside && (activeElement === null || activeElement === document.body)) element.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(() => requestAnimationFrame(keep));
    observer.observe(element, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
    for (const type of ["focusin", "pointerdown"]) document.addEventListener(type, look, true);
    return () => {
      observer.disconnect();
      for (const type of ["focusin", "pointerdown"]) document.removeEventListener(type, look, true);
    };
  }, []);
}
