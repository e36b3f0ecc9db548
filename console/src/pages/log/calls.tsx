import { useId, useState } from "preact/hooks";
import { to } from "../../router";
import { Fall } from "../../ui/fall";
import { bytes, took } from "../../ui/numbers";
import { Table } from "../../ui/table";
import { Text } from "../../ui/text";
import { Time } from "../../ui/time";
import type { Call } from "./call";

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

interface Props {
  calls: Call[] | null;
  busy: boolean;
  label: (integration: string | null) => string;
  /** Whether their details are open from the start. */
  open: boolean;
}

/** Calls, newest first; each opens to what was behind it. */
export function Calls({ calls, busy, label, open }: Props) {
  return (
    <Table label="List of calls" columns={["Call", "Status", "CRM", "Took", "CRM requests", "When"]} busy={busy} waiting={calls === null} kind="calls">
      {calls?.map((call) => (
        <One key={call.id} call={call} label={label} open={open} />
      ))}
    </Table>
  );
}

function One({ call, label, open }: { call: Call; label: Props["label"]; open: boolean }) {
  const [isOpen, setOpen] = useState(open);
  const id = useId();
  return (
    <>
      <tr class={isOpen ? "opened" : ""}>
        <th scope="row">
          <button type="button" class="reveal" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}>
            <span class="verb" data-verb={call.method}>
              {call.method}
            </span>{" "}
            <Text most={120}>{call.path}</Text>
          </button>
        </th>
        <td>
          <Status status={call.status} />
        </td>
        <td>{call.integration === null ? <span class="dim">none</span> : label(call.integration)}</td>
        <td class="amount">{took(call.milliseconds)}</td>
        <td class="amount">{call.vendor_requests_count}</td>
        <td>
          <Time at={call.created_at} />
        </td>
      </tr>
      {isOpen && (
        <tr class="details" id={id}>
          <td colSpan={6}>
            <Details call={call} label={label} />
          </td>
        </tr>
      )}
    </>
  );
}

function Status({ status }: { status: number }) {
  const kind = status >= 500 ? "bad" : status >= 400 ? "wait" : "good";
  return (
    <span class={`state ${kind}`} title={status === 499 ? "The client went away before its answer." : undefined}>
      {status}
    </span>
  );
}

function Details({ call, label }: { call: Call; label: Props["label"] }) {
  const { actor, integrated_account_id: account } = call;
  return (
    <div class="behind">
      <dl class="known-facts">
        <Fact name="When">{exact.format(Date.parse(call.created_at))}</Fact>
        {account !== null && (
          <Fact name={`Account at ${label(call.integration)}`}>
            <a href={to(`accounts/${encodeURIComponent(account)}`)}>
              <Text most={40}>{account}</Text>
            </a>
          </Fact>
        )}
        <Fact name="By">
          {actor.type === "token" ? (
            <a href={to("log", { token_id: actor.id ?? "" })}>
              <Text most={80}>{actor.name === "" || actor.name === undefined ? "a token without a name" : actor.name}</Text>
            </a>
          ) : (
            "the command line"
          )}
        </Fact>
        <Fact name="Answer">{bytes(call.bytes)}</Fact>
        <Fact name="Request id">
          <a href={to("log", { request_id: call.request_id })}>
            <code>{call.request_id}</code>
          </a>
        </Fact>
      </dl>
      <h3>What the CRM was asked</h3>
      <Fall requests={call.vendor_requests} count={call.vendor_requests_count} milliseconds={call.milliseconds} />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
