/** The icons of the linked widgets, from Lucide. */
export { ArrowDown, ArrowUp, Check, ChevronLeft, ChevronRight, ChevronsLeft, ChevronsRight } from "lucide-preact";
