/** The hub, for components. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Studio } from "./studio";

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("A part of the task browser was used outside of it.");
  return studio;
}
