import { useState } from "preact/hooks";
import { api, type Listed } from "../api";
import type { Page, PageProps } from "../page";
import { go, to } from "../router";
import { refusal, type Token } from "../session";
import { STATUSES, Status, type Account } from "../ui/account";
import { Button } from "../ui/button";
import { Confirm } from "../ui/confirm";
import { useConnecting } from "../ui/connecting";
import { connectors, labelOf } from "../ui/connectors";
import { Copy } from "../ui/copy";
import { useLoad } from "../ui/load";
import { Problem } from "../ui/problem";
import { announce } from "../ui/said";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { Waiting } from "../ui/waiting";

export const account: Page = {
  path: "accounts/:id",
  title: "Account",
  inSide: false,
  needs: "accounts",
  View: ({ params, token }: PageProps) => <AccountView id={params.id ?? ""} token={token} />,
};

/** One account: how it fares, and what can be done about it. */
export function AccountView({ id, token }: { id: string; token: Token }) {
  // An account's own token has a call of its own for this.
  const path = token.integrated_account_id === null ? `/integrated-account/${encodeURIComponent(id)}` : "/integrated-account/me";
  const known = useLoad("", connectors);
  const loaded = useLoad(path, (signal) => api<Account>("GET", path, { signal }));
  const account = loaded.data;
  if (account === null) {
    return (
      <>
        <Back token={token} />
        <h1>Account</h1>
        {loaded.error === null ? <p class="dim">Loading…</p> : <Problem error={loaded.error} retry={loaded.reload} />}
      </>
    );
  }
  const label = labelOf(known.data, account.integration);
  return (
    <>
      <Back token={token} />
      <div class="head">
        <h1>
          <Text most={120}>{account.tenant_id}</Text> <span class="where">{label}</span>
        </h1>
      </div>
      <Health account={account} label={label} />
      <Problem error={loaded.error} retry={loaded.reload} />
      <Actions account={account} label={label} token={token} reload={loaded.reload} />
      <Facts account={account} />
    </>
  );
}

function Back({ token }: { token: Token }) {
  return token.integrated_account_id === null ? (
    <p class="crumb">
      <a href={to("accounts")}>Accounts</a>
    </p>
  ) : null;
}

function Health({ account, label }: { account: Account; label: string }) {
  const status = STATUSES[account.status];
  return (
    <section class={`health ${status?.kind ?? ""}`} aria-label="Health">
      <p class="big">
        <Status status={account.status} />
      </p>
      <p>{status?.means}</p>
      {account.last_error !== null && (
        <p>
          {label} said: <Text most={2000}>{account.last_error}</Text>
        </p>
      )}
      <dl class="figures">
        <div>
          <dt>Last used</dt>
          <dd>
            <Time at={account.last_used_at} />
          </dd>
        </div>
        <div>
          <dt>Quota left</dt>
          <dd>
            {account.quota === null ? (
              <span class="dim">{label} does not tell</span>
            ) : (
              <>
                <Text most={60}>{account.quota.remaining}</Text>{" "}
                <small class="dim">
                  told <Time at={account.quota.seen_at} />
                </small>
              </>
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Actions({ account, label, token, reload }: { account: Account; label: string; token: Token; reload: () => void }) {
  const [busy, setBusy] = useState<"check" | "refresh" | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [deletes, setDeletes] = useState(false);
  const connecting = useConnecting();

  const run = async (what: "check" | "refresh", act: () => Promise<string>) => {
    setBusy(what);
    setError(null);
    setOutcome(null);
    try {
      const words = await act();
      setOutcome(words);
      announce(words);
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
    reload();
  };
  const check = () =>
    run("check", async () => {
      const begun = performance.now();
      const answer = await api<Listed<unknown>>("GET", "/unified/crm/users", {
        query: [["integrated_account_id", account.id], ["limit", "1"], ["truto_ignore_remote_data", "true"]],
      });
      const took = Math.round(performance.now() - begun);
      return `${label} answered in ${took} ms${answer.result_count === 0 ? "; the account has no users" : ""}.`;
    });
  const refresh = () =>
    run("refresh", async () => {
      await api<Account>("POST", "/integrated-account/refresh-credentials", { body: { integrated_account_id: account.id } });
      return `${label} accepts the account's credentials.`;
    });
  const reconnect = () =>
    connecting.begin({ integrated_account_id: account.id }, true, async (signal) => {
      const path = `/integrated-account/${encodeURIComponent(account.id)}`;
      const before = (await api<Account>("GET", path, { signal })).updated_at;
      return async () => {
        const now = await api<Account>("GET", path, { signal });
        return now.updated_at !== before && now.status === "active" ? now.id : null;
      };
    });

  const isWaiting = account.status === "connecting" ? "It is still being connected." : null;
  const needsOther = account.status === "active" ? null : "Only an active account can be called; refresh its credentials or reconnect it.";
  const mayNotWrite = refusal(token, "accounts", true);
  return (
    <section class="panel" aria-labelledby="actions">
      <h2 id="actions">What to do</h2>
      <div class="doings">
        <Doing name="Check now" during="Asking…" says={`Asks ${label} for one user, with the credentials as they are.`} act={check} busy={busy === "check"} refused={isWaiting ?? needsOther} />
        <Doing
          name="Refresh credentials"
          during="Refreshing…"
          says={`Gets a new access token where ${label} has such, and asks whether the account lives: also one that was given up.`}
          act={refresh}
          busy={busy === "refresh"}
          refused={mayNotWrite ?? isWaiting}
        />
        <Doing name="Reconnect" says="Opens the connect page for this account: new credentials, the same id." act={reconnect} busy={connecting.state.step === "making"} refused={refusal(token, "environment", true)} />
        <Doing name="Delete…" says="Its credentials and tokens go with it." act={() => setDeletes(true)} kind="danger" refused={refusal(token, "accounts", true)} />
      </div>
      {outcome !== null && <p class="notice">{outcome}</p>}
      <Problem error={error} />
      <Waiting
        state={connecting.state}
        done={() => {
          return (
            <>
              The account is connected again. <button type="button" onClick={() => { connecting.forget(); reload(); }}>Show it as it is now</button>
            </>
          );
        }}
      />
      <p class="ways">
        <a href={to("playground", { integrated_account_id: account.id })}>Try calls on it</a>
        {refusal(token, "environment") === null && <a href={to("log", { integrated_account_id: account.id })}>Its calls in the log</a>}
        {refusal(token, "accounts") === null && <a href={to("overrides", { account: account.id })}>Its overrides</a>}
      </p>
      {deletes && <Delete account={account} label={label} close={() => setDeletes(false)} />}
    </section>
  );
}

interface DoingProps {
  name: string;
  during?: string;
  says: string;
  act: () => void;
  busy?: boolean;
  refused: string | null;
  kind?: "plain" | "danger";
}

/** A button, and what it does; or why not. */
function Doing({ name, during = name, says, act, busy = false, refused, kind = "plain" }: DoingProps) {
  return (
    <div class="doing">
      <Button onClick={act} busy={busy} refused={refused} kind={kind}>
        {busy ? during : name}
      </Button>
      {refused === null && <p class="note">{says}</p>}
    </div>
  );
}

function Delete({ account, label, close }: { account: Account; label: string; close: () => void }) {
  const [revoke, setRevoke] = useState(true);
  return (
    <Confirm
      title="Delete this account?"
      does="Delete the account"
      close={close}
      act={async () => {
        await api("DELETE", `/integrated-account/${encodeURIComponent(account.id)}`, { query: [["revoke", String(revoke)]] });
        announce("The account is deleted");
        go(to("accounts"));
      }}
    >
      <p>
        The connection of <b><Text most={120}>{account.tenant_id}</Text></b> to {label} ends: its credentials, settings, overrides and tokens are gone, and calls for it are answered 404.
        It can not be taken back.
      </p>
      <label class="check">
        <input type="checkbox" checked={revoke} onChange={(event) => setRevoke(event.currentTarget.checked)} />
        <span>Ask {label} to end its tokens too, where it has a call for that</span>
      </label>
    </Confirm>
  );
}

function Facts({ account }: { account: Account }) {
  const settings = Object.entries(account.context);
  return (
    <section class="panel" aria-labelledby="facts">
      <h2 id="facts">Facts</h2>
      <dl class="facts">
        <dt>Account id</dt>
        <dd>
          <code>{account.id}</code> <Copy text={account.id} what="the account id" />
        </dd>
        <dt>Proves itself by</dt>
        <dd>
          <code>{account.authentication_method}</code>
        </dd>
        <dt>Connected</dt>
        <dd>
          <Time at={account.created_at} />
        </dd>
        <dt>Changed</dt>
        <dd>
          <Time at={account.updated_at} />
        </dd>
        <dt>Settings</dt>
        <dd>
          {settings.length === 0 ? (
            <span class="dim">none</span>
          ) : (
            <ul class="settings">
              {settings.map(([name, value]) => (
                <li key={name}>
                  <code>{name}</code> <Text most={200}>{typeof value === "string" ? value : JSON.stringify(value)}</Text>
                </li>
              ))}
            </ul>
          )}
        </dd>
        <dt>Overrides</dt>
        <dd>{account.unified_model_override === null ? <span class="dim">none of its own</span> : "has its own"}</dd>
      </dl>
    </section>
  );
}
