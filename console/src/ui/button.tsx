import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  children: ComponentChildren;
  onClick?: () => void;
  /** Why it can't be used now; it stays in the order of keys, so that everybody is told. */
  refused?: string | null;
  busy?: boolean;
  kind?: "plain" | "send" | "danger";
  type?: "button" | "submit";
}

/** A button that says why it can't be used instead of failing later. */
export function Button({ children, onClick, refused = null, busy = false, kind = "plain", type = "button" }: Props) {
  const id = useId();
  const off = refused !== null || busy;
  return (
    <span class="with-why">
      <button
        type={type}
        class={kind === "plain" ? "" : kind}
        aria-disabled={off}
        aria-busy={busy}
        aria-describedby={refused === null ? undefined : id}
        onClick={(event) => {
          if (off) event.preventDefault();
          else onClick?.();
        }}
      >
        {children}
      </button>
      {refused !== null && (
        <small id={id} class="why">
          {refused}
        </small>
      )}
    </span>
  );
}
