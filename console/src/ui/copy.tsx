import { useState } from "preact/hooks";
import { announce } from "./said";

/** Copies a text; where the browser does not let it, the text can be selected by hand. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      announce(`${what} copied`);
      setTimeout(() => setDone(false), 1500);
    } catch {
      announce("The browser does not let the page copy; select the text and copy it.");
    }
  };
  return (
    <button type="button" class="small" aria-label={`Copy ${what}`} onClick={copy}>
      {done ? "Copied" : "Copy"}
    </button>
  );
}
