/** A field for text or a number. */
import type { JSX, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface KeptFieldProps extends Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "value" | "ref"> {
  readonly value: string;
  readonly field?: RefObject<HTMLInputElement>;
}

/**
 * A field that keeps what is being typed in it. Drawn again with the same value, as whenever the kernel has saved something, an
 * ordinary one would go back to that value.
 */
export function KeptField({ value, field, ...rest }: KeptFieldProps) {
  const own = useRef<HTMLInputElement>(null);
  const input = field ?? own;
  useLayoutEffect(() => {
    if (input.current) input.current.value = value;
  }, [value]);
  return <input {...rest} ref={input} />;
}
