import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { announce } from "./said";

interface Props {
  secret: string;
  /** What it is, as `API token`. */
  what: string;
  children?: ComponentChildren;
  done: () => void;
}

/** A secret just made: the only time that it is seen. */
export function Once({ secret, what, children, done }: Props) {
  const code = useRef<HTMLElement>(null);
  const [said, say] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      say("Copied");
      announce(`${what} copied`);
    } catch {
      // Browsers copy on https:// and on this machine only: elsewhere it is marked, for a key of the reader's.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      say("Selected: copy it now");
      announce(`${what} is selected, copy it now`);
    }
  };
  return (
    <section class="panel once" aria-label={what}>
      <h2>{what}</h2>
      <p>It is shown this once. Keep it where secrets are kept.</p>
      <p class="secret">
        <code ref={code}>{secret}</code>
        <button type="button" onClick={copy}>
          {said}
        </button>
      </p>
      {children}
      <div class="acts end">
        <button type="button" class="send" onClick={done}>
          I have it
        </button>
      </div>
    </section>
  );
}
