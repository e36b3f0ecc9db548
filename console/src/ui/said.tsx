import { useEffect, useState } from "preact/hooks";

let say: (words: string) => void = () => {};

/** Tells whoever listens to the page what has just happened. */
export function announce(words: string) {
  say(words);
}

/** The one live region of the console. */
export function Said() {
  const [words, setWords] = useState("");
  useEffect(() => {
    // A text that is the same as before would not be read again.
    say = (next) => setWords((last) => (last === next ? `${next}\u00a0` : next));
  }, []);
  return (
    <p class="unseen" role="status">
      {words}
    </p>
  );
}
