/** Icons of the layers that Python draws. */
export { Blend } from "lucide-preact";
