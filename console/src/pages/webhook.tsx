import "../ui/parts.css";
import { useState } from "preact/hooks";
import { api, type Listed } from "../api";
import type { Page, PageProps } from "../page";
import { go, to } from "../router";
import { refusal } from "../session";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { useLoad } from "../ui/load";
import { Once } from "../ui/once";
import { Problem } from "../ui/problem";
import { announce } from "../ui/said";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { Deliveries } from "./webhooks/deliveries";
import { WebhookForm } from "./webhooks/form";
import { STATES, type Delivery, type Webhook } from "./webhooks/webhook";

export const webhook: Page = { path: "webhooks/:id", title: "Webhook", inSide: false, needs: "environment", View: One };

type Asked = "edit" | "rotate" | "delete" | null;

interface Test {
  id: string;
  delivered: boolean | null;
  status: number | null;
  error: string | null;
}

function One({ params, token }: PageProps) {
  const path = `/webhook/${encodeURIComponent(params.id ?? "")}`;
  const page = useLoad(path, (signal) => api<Webhook>("GET", path, { signal }));
  const sent = useLoad(path, (signal) => api<Listed<Delivery>>("GET", `${path}/delivery`, { query: [["limit", "100"]], signal }));
  const [asked, ask] = useState<Asked>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [test, setTest] = useState<Test | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const refused = refusal(token, "environment", true);
  const change = async (body: object) => {
    const changed = await api<Webhook>("PATCH", path, { body });
    page.reload();
    return changed;
  };
  const doing = (what: string, act: () => Promise<void>) => async () => {
    setBusy(what);
    setError(null);
    try {
      await act();
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
  };
  const trial = doing("test", async () => {
    setTest(null);
    const tried = await api<Test>("POST", `${path}/test`);
    setTest(tried);
    announce(outcome(tried));
    page.reload();
    sent.reload();
  });
  const pause = doing("pause", async () => {
    const { is_active } = await change({ is_active: page.data?.is_active !== true });
    announce(is_active ? "The webhook is on" : "The webhook is off");
  });
  const shown = page.data;
  if (shown === null) return page.error === null ? <p class="dim">Loading…</p> : <Missing error={page.error} retry={page.reload} />;
  const state = STATES[shown.state] ?? { label: shown.state, kind: "wait" };
  return (
    <>
      <div class="head">
        <p class="crumb">
          <a href={to("webhooks")}>Webhooks</a>
        </p>
        <h1 class="long">
          <Text most={200}>{shown.target_url}</Text>
        </h1>
      </div>
      {secret !== null && (
        <Once secret={secret} what="New signing secret" done={() => setSecret(null)}>
          <p>The old one signs as well for a day, so that nothing is lost while you change it there.</p>
        </Once>
      )}
      <dl class="known-facts">
        <div>
          <dt>State</dt>
          <dd>
            <span class={`state ${state.kind}`}>{state.label}</span>
            {shown.failing_since !== null && (
              <>
                {" "}
                since <Time at={shown.failing_since} />
              </>
            )}
          </dd>
        </div>
        <div class="wide">
          <dt>Events</dt>
          <dd>
            {shown.event_types.length === 0
              ? "all"
              : shown.event_types.map((event) => (
                  <div key={event}>
                    <code>{event}</code>
                  </div>
                ))}
          </dd>
        </div>
        <div>
          <dt>Last delivered</dt>
          <dd>
            <Time at={shown.last_success_at} />
          </dd>
        </div>
        <div>
          <dt>Made</dt>
          <dd>
            <Time at={shown.created_at} />
          </dd>
        </div>
      </dl>
      {(shown.disabled_reason ?? shown.last_error) !== null && (
        <p class="wrong">
          <Text>{shown.disabled_reason ?? shown.last_error ?? ""}</Text>
        </p>
      )}
      <div class="acts">
        <Button kind="send" busy={busy === "test"} refused={refused} onClick={trial}>
          Send a test
        </Button>
        {refused === null && (
          <>
            <Button onClick={() => ask("edit")}>Edit</Button>
            <Button busy={busy === "pause"} onClick={pause}>
              {shown.is_active ? "Turn off" : "Turn on"}
            </Button>
            <Button onClick={() => ask("rotate")}>New secret</Button>
            <Button onClick={() => ask("delete")}>Delete</Button>
          </>
        )}
      </div>
      <Problem error={error} />
      {test !== null && (
        <p class={test.delivered === false ? "wrong" : "notice"} data-test>
          <Text>{outcome(test)}</Text>
        </p>
      )}
      <Deliveries deliveries={sent} />
      {asked === "edit" && (
        <Dialog title="Edit the webhook" close={() => ask(null)}>
          <WebhookForm
            webhook={shown}
            does="Keep it"
            close={() => ask(null)}
            act={async (body) => {
              await change(body);
              announce("The webhook is changed");
            }}
          />
        </Dialog>
      )}
      {asked === "rotate" && (
        <Confirm
          title="Sign with a new secret?"
          does="New secret"
          close={() => ask(null)}
          act={async () => setSecret((await change({ rotate_secret: true })).secret ?? null)}
        >
          <p>The old one signs as well for a day. After that, whoever only knows the old one refuses what is sent.</p>
        </Confirm>
      )}
      {asked === "delete" && (
        <Confirm
          title="Delete this webhook?"
          does="Delete"
          close={() => ask(null)}
          act={async () => {
            await api("DELETE", path);
            announce("The webhook is deleted");
            go(to("webhooks"));
          }}
        >
          <p>Nothing more is sent to it, and what was still to be sent is gone. Its secret is gone with it.</p>
        </Confirm>
      )}
    </>
  );
}

function outcome(test: Test): string {
  if (test.delivered === null) return "Another process sends the test; see below what came of it.";
  if (test.delivered) return `The test was delivered: the address answered ${test.status}.`;
  return `The test was not delivered: ${test.error ?? "no reason is known"}`;
}

function Missing({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <>
      <h1>Webhook</h1>
      <Problem error={error} retry={retry} />
      <p>
        <a href={to("webhooks")}>All webhooks</a>
      </p>
    </>
  );
}
