/** The context of actions, for components. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Context } from "../actions/context";

export const AnnotatorContext = createContext<Context | null>(null);

export function useAnnotator(): Context {
  const context = useContext(AnnotatorContext);
  if (!context) throw new Error("A panel was used outside the annotator.");
  return context;
}
