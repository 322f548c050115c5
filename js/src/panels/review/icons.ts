/** Icons that only the panels of the review need. */
export {
  BookOpen,
  CircleCheck,
  ClipboardList,
  MessageSquare,
  MessageSquarePlus,
  Pencil,
  RotateCcw,
  Trash2,
  TriangleAlert,
} from "lucide-preact";
