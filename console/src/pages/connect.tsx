import { useState } from "preact/hooks";
import { all } from "../api";
import type { Page, PageProps } from "../page";
import { to } from "../router";
import { refusal } from "../session";
import type { Account } from "../ui/account";
import { Button } from "../ui/button";
import { useConnecting } from "../ui/connecting";
import { connectors, labelOf } from "../ui/connectors";
import { Field } from "../ui/field";
import { useLoad } from "../ui/load";
import { Problem } from "../ui/problem";
import { Waiting } from "../ui/waiting";

export const connect: Page = { path: "connect", title: "Connect", inSide: true, needs: "environment", View: Connect };

function Connect({ query, token }: PageProps) {
  const known = useLoad("", connectors);
  const [tenant, setTenant] = useState(query.get("tenant_id") ?? "");
  const [integration, setIntegration] = useState(query.get("integration") ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const connecting = useConnecting();
  const refused = refusal(token, "environment", true);
  const begin = (opens: boolean) => {
    const who = tenant.trim();
    if (who === "") {
      setProblem("Say whose account it will be: your own name for this customer.");
      document.querySelector<HTMLInputElement>("form.connect input")?.focus();
      return;
    }
    const body = integration === "" ? { tenant_id: who } : { tenant_id: who, integrations: [integration] };
    void connecting.begin(body, opens, async (signal) => {
      const ask = () => all<Account>("/integrated-account", [["tenant_id", who]], signal);
      const before = new Set((await ask()).map(({ id }) => id));
      return async () => (await ask()).find(({ id, status }) => !before.has(id) && status === "active")?.id ?? null;
    });
  };
  return (
    <>
      <div class="head">
        <h1>Connect</h1>
        <p class="lead">A customer's CRM is connected on a page of this server, by its consent page or with a key. Open it here, or send its link.</p>
      </div>
      <Problem error={known.error} retry={known.reload} />
      <form
        class="panel connect"
        onSubmit={(event) => {
          event.preventDefault();
          if (refused === null) begin(true);
        }}
      >
        <Field label="Tenant" hint="Your own name for the customer whose account it will be, as acme-1." problem={problem}>
          {(field) => (
            <input
              {...field}
              value={tenant}
              aria-required="true"
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => {
                setTenant(event.currentTarget.value);
                setProblem(null);
              }}
            />
          )}
        </Field>
        <Field label="CRM" hint="Chosen on the connect page when it is left open here.">
          {(field) => (
            <select {...field} value={integration} onChange={(event) => setIntegration(event.currentTarget.value)}>
              <option value="">Any</option>
              {(known.data ?? []).map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div class="acts">
          <Button type="submit" kind="send" refused={refused} busy={connecting.state.step === "making"}>
            Open the connect page
          </Button>
          {refused === null && (
            <Button onClick={() => begin(false)} busy={connecting.state.step === "making"}>
              Only make a link
            </Button>
          )}
        </div>
      </form>
      <Waiting
        state={connecting.state}
        done={(id) => (
          <>
            Connected{integration === "" ? "" : `: ${labelOf(known.data, integration)}`} for <bdi>{tenant.trim()}</bdi>. <a href={to(`accounts/${encodeURIComponent(id)}`)}>Show the account</a>
          </>
        )}
      />
    </>
  );
}
