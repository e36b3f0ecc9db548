import type { Listed } from "../../api";
import type { Loaded } from "../../ui/load";
import { Problem } from "../../ui/problem";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Time } from "../../ui/time";
import type { Delivery } from "./webhook";

const STATES: { [state: string]: { label: string; kind: string } } = {
  delivered: { label: "Delivered", kind: "good" },
  pending: { label: "To be sent", kind: "wait" },
  failed: { label: "Given up", kind: "bad" },
};

/** What was sent lately, and what came of it. */
export function Deliveries({ deliveries }: { deliveries: Loaded<Listed<Delivery>> }) {
  const found = deliveries.data?.result ?? null;
  return (
    <section aria-labelledby="deliveries">
      <div class="with-act">
        <h2 id="deliveries">Deliveries</h2>
        <button type="button" onClick={deliveries.reload} aria-busy={deliveries.loading}>
          Refresh
        </button>
      </div>
      <Problem error={deliveries.error} />
      {found !== null && found.length === 0 ? (
        <div class="empty">
          <p>Nothing was sent in the last week.</p>
        </div>
      ) : (
        <Table label="List of deliveries" columns={["Event", "State", "Attempts", "Answer", "Happened"]} busy={deliveries.loading} waiting={found === null}>
          {found?.map((delivery) => (
            <One key={delivery.id} delivery={delivery} />
          ))}
        </Table>
      )}
      {found !== null && found.length >= 100 && <p class="note">The newest 100 of the last week.</p>}
    </section>
  );
}

function One({ delivery }: { delivery: Delivery }) {
  const retried = delivery.state === "pending" && delivery.attempts > 0;
  const state = retried ? { label: "To be tried again", kind: "bad" } : (STATES[delivery.state] ?? { label: delivery.state, kind: "wait" });
  return (
    <tr>
      <th scope="row">
        <code>{delivery.event}</code>
        <div class="said">
          <Text most={60}>{delivery.id}</Text>
        </div>
      </th>
      <td>
        <span class={`state ${state.kind}`}>{state.label}</span>
        {delivery.next_attempt_at !== null && (
          <div class="said">
            next <Time at={delivery.next_attempt_at} />
          </div>
        )}
      </td>
      <td>{delivery.attempts}</td>
      <td>
        {delivery.last_status ?? <span class="dim">none</span>}
        {delivery.last_error !== null && (
          <div class="said">
            <Text most={160}>{delivery.last_error}</Text>
          </div>
        )}
      </td>
      <td>
        <Time at={delivery.created_at} />
      </td>
    </tr>
  );
}
