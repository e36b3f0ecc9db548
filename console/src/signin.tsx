import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, whoIs } from "./api";
import { session } from "./session";
import { Words } from "./ui/problem";

/** Asks for a token; whoever was signed in before is told why it ended. */
export function SignIn({ ended }: { ended: string | null }) {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Sign in · Crosswalk";
    input.current?.focus();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const secret = input.current?.value.trim() ?? "";
    if (secret === "") {
      setProblem("Paste an API token.");
      input.current?.focus();
      return;
    }
    // What stands in a header is ASCII; anything else is a slip of the clipboard.
    if (!/^[\x21-\x7e]+$/.test(secret)) {
      setProblem("An API token is one word of plain letters and digits, as cw_…");
      input.current?.focus();
      return;
    }
    setBusy(true);
    try {
      session.begin(secret, await whoIs(secret));
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error));
      setBusy(false);
      input.current?.select();
    }
  };
  return (
    <main id="main" class="sign-in" tabIndex={-1}>
      <form class="panel" onSubmit={submit} aria-busy={busy}>
        <h1>Sign in</h1>
        {ended !== null && (
          <p class="notice" role="status">
            You were signed out: {ended.replace(/\.?$/, ".")} Sign in to go on where you were.
          </p>
        )}
        <label for="token">API token</label>
        <input
          id="token"
          ref={input}
          type="password"
          autocomplete="off"
          spellcheck={false}
          aria-invalid={problem !== null}
          aria-describedby="token-problem token-note"
          onInput={() => setProblem(null)}
        />
        <p id="token-problem" class="problem" role="alert">
          {problem !== null && <Words>{problem}</Words>}
        </p>
        <button class="send" type="submit" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
        <p id="token-note" class="note">
          Make one with <code>crosswalk token create</code>. It is kept in this page's memory only: after a reload you are asked again.
        </p>
      </form>
    </main>
  );
}
