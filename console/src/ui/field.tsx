import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  label: string;
  /** What else to know about it. */
  hint?: string | undefined;
  /** What is wrong with it. */
  problem?: string | null | undefined;
  children: (given: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined }) => ComponentChildren;
}

/** A control with its label, hint and problem, tied together for everybody. */
export function Field({ label, hint, problem = null, children }: Props) {
  const id = useId();
  const about = [hint !== undefined && `${id}-hint`, problem !== null && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": about === "" ? undefined : about, "aria-invalid": problem !== null ? true : undefined })}
      {problem !== null && (
        <small id={`${id}-problem`} class="problem">
          {problem}
        </small>
      )}
      {hint !== undefined && (
        <small id={`${id}-hint`} class="note">
          {hint}
        </small>
      )}
    </div>
  );
}
