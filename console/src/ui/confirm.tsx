import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Problem } from "./problem";

interface Props {
  title: string;
  children: ComponentChildren;
  /** What the button says that does it. */
  does: string;
  /** Does it; the dialog stays open while it lasts, and shows what goes wrong. */
  act: () => Promise<void>;
  close: () => void;
}

/** Asks before something is done that can't be taken back. */
export function Confirm({ title, children, does, act, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await act();
      close();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close} onCancel={(event) => busy && event.preventDefault()}>
      <h2 id={id}>{title}</h2>
      {children}
      <Problem error={error} />
      <div class="acts end">
        <button type="button" onClick={close} disabled={busy}>
          Cancel
        </button>
        <button type="button" class="send danger" onClick={confirm} aria-busy={busy} disabled={busy}>
          {does}
        </button>
      </div>
    </dialog>
  );
}
