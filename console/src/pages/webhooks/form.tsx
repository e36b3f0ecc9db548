import { useState } from "preact/hooks";
import { ApiError } from "../../api";
import { Field } from "../../ui/field";
import { Problem } from "../../ui/problem";
import { EVENTS, type Webhook } from "./webhook";

export interface Said {
  target_url: string;
  event_types: string[];
}

interface Props {
  webhook?: Webhook;
  does: string;
  /** Keeps it; what goes wrong is shown. */
  act: (said: Said) => Promise<void>;
  close: () => void;
}

/** Where a webhook sends to, and what. */
export function WebhookForm({ webhook, does, act, close }: Props) {
  const [url, setUrl] = useState(webhook?.target_url ?? "");
  const [all, setAll] = useState((webhook?.event_types.length ?? 0) === 0);
  const [events, setEvents] = useState(new Set(webhook?.event_types ?? []));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const choose = (name: string, chosen: boolean) => {
    const next = new Set(events);
    if (chosen) next.add(name);
    else next.delete(name);
    setEvents(next);
  };
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (!all && events.size === 0) {
      setError(new Error("Choose the events to send, or all of them."));
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await act({ target_url: url.trim(), event_types: all ? [] : EVENTS.map(([name]) => name).filter((name) => events.has(name)) });
      close();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const isAboutUrl = error instanceof ApiError && error.message.startsWith("`target_url`");
  return (
    <form class="stack" onSubmit={send}>
      <Field label="Address" hint="Events are sent there by POST, signed." problem={isAboutUrl ? "This address is not accepted." : null}>
        {(field) => (
          <input {...field} type="url" value={url} required maxLength={2000} placeholder="https://example.com/hooks" autocomplete="off" spellcheck={false} onInput={(event) => setUrl(event.currentTarget.value)} />
        )}
      </Field>
      <fieldset>
        <legend>Events</legend>
        <label>
          <input type="radio" name="events" checked={all} onChange={() => setAll(true)} /> all, also those of later versions
        </label>
        <label>
          <input type="radio" name="events" checked={!all} onChange={() => setAll(false)} /> only these
        </label>
        {!all && (
          <div class="choices">
            {EVENTS.map(([name, means]) => (
              <label key={name}>
                <input type="checkbox" checked={events.has(name)} onChange={(event) => choose(name, event.currentTarget.checked)} />
                <span>
                  <code>{name}</code>
                  <small class="note">{means}</small>
                </span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
      <Problem error={error} />
      <div class="acts end">
        <button type="button" onClick={close} disabled={busy}>
          Cancel
        </button>
        <button class="send" aria-busy={busy}>
          {does}
        </button>
      </div>
    </form>
  );
}
