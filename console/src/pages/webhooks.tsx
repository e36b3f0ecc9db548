import "../ui/parts.css";
import { useState } from "preact/hooks";
import { api, type Listed } from "../api";
import type { Page, PageProps } from "../page";
import { to } from "../router";
import { refusal } from "../session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useLoad } from "../ui/load";
import { Once } from "../ui/once";
import { Problem } from "../ui/problem";
import { announce } from "../ui/said";
import { Table } from "../ui/table";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { WebhookForm } from "./webhooks/form";
import { STATES, type Webhook } from "./webhooks/webhook";

export const webhooks: Page = { path: "webhooks", title: "Webhooks", inSide: true, needs: "environment", View: Webhooks };

function Webhooks({ token }: PageProps) {
  const page = useLoad("", (signal) => api<Listed<Webhook>>("GET", "/webhook", { signal }));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Webhook | null>(null);
  const refused = refusal(token, "environment", true);
  return (
    <>
      <div class="head with-act">
        <div>
          <h1>Webhooks</h1>
          <p class="lead">Addresses of yours that hear what happens to accounts.</p>
        </div>
        <Button kind="send" refused={refused} onClick={() => (setMaking(true), setMade(null))}>
          New webhook
        </Button>
      </div>
      {made?.secret !== undefined && (
        <Once secret={made.secret} what="Signing secret" done={() => setMade(null)}>
          <p>
            It signs what is sent to <Text most={120}>{made.target_url}</Text>, by the Standard Webhooks scheme: check it there with one of its libraries.
          </p>
        </Once>
      )}
      {making && (
        <Dialog title="New webhook" close={() => setMaking(false)}>
          <WebhookForm
            does="Make it"
            close={() => setMaking(false)}
            act={async (body) => {
              setMade(await api<Webhook>("POST", "/webhook", { body }));
              page.reload();
              announce("The webhook is made. Its secret is shown this once.");
            }}
          />
        </Dialog>
      )}
      <Problem error={page.error} retry={page.reload} />
      {page.data !== null && page.data.result.length === 0 ? (
        <div class="empty">
          <p>There is no webhook yet: nobody is told when an account needs reconnecting.</p>
        </div>
      ) : (
        <List webhooks={page.data?.result ?? null} busy={page.loading} />
      )}
    </>
  );
}

function List({ webhooks, busy }: { webhooks: Webhook[] | null; busy: boolean }) {
  return (
    <Table label="List of webhooks" columns={["Address", "State", "Events", "Last delivered"]} busy={busy} waiting={webhooks === null}>
      {webhooks?.map((webhook) => {
        const state = STATES[webhook.state] ?? { label: webhook.state, kind: "wait" };
        const said = webhook.disabled_reason ?? webhook.last_error;
        return (
          <tr key={webhook.id}>
            <th scope="row">
              <a href={to(`webhooks/${encodeURIComponent(webhook.id)}`)}>
                <Text most={120}>{webhook.target_url}</Text>
              </a>
            </th>
            <td>
              <span class={`state ${state.kind}`}>{state.label}</span>
              {said !== null && (
                <div class="said">
                  <Text most={160}>{said}</Text>
                </div>
              )}
            </td>
            <td>
              {webhook.event_types.length === 0
                ? "all"
                : webhook.event_types.map((event) => (
                    <div key={event} class="whole">
                      <code>{event}</code>
                    </div>
                  ))}
            </td>
            <td>
              <Time at={webhook.last_success_at} />
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
