import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Connecting } from "./connecting";
import { Copy } from "./copy";
import { Problem } from "./problem";
import { announce } from "./said";
import { Time } from "./time";

/** How connecting goes on. */
export function Waiting({ state, done }: { state: Connecting; done: (account: string) => ComponentChildren }) {
  useEffect(() => {
    if (state.step === "done") announce("Connected");
    if (state.step === "waiting" && state.trouble !== null) announce(state.trouble);
  }, [state]);
  if (state.step === "idle") return null;
  if (state.step === "failed") return <Problem error={state.error} />;
  if (state.step === "done") return <div class="notice">{done(state.account)}</div>;
  if (state.step === "making") return <p class="dim">Making a link…</p>;
  return (
    <div class="panel waiting" data-waiting>
      <p>
        <b>{state.isOpen ? "The connect page is open in a window of its own." : "Open the connect page, or send its link to your customer."}</b> This page tells as
        soon as the account is connected.
      </p>
      {state.trouble !== null && (
        <p class="problem">
          <bdi>{state.trouble}</bdi>
        </p>
      )}
      <div class="link-row">
        <input readOnly value={state.url} aria-label="The connect page's link" onFocus={(event) => event.currentTarget.select()} />
        <Copy text={state.url} what="the link" />
        <a class="button" href={state.url} target="_blank" rel="noopener noreferrer">
          Open it
        </a>
      </div>
      <p class="note">
        Whoever has this link may connect one account with it. It ends <Time at={state.until} />.
      </p>
    </div>
  );
}
