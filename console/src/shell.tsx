import { useEffect, useRef, useState } from "preact/hooks";
import { ROOT } from "./api";
import type { Page } from "./page";
import { pages } from "./pages";
import { fit, to, usePlace } from "./router";
import { described, refusal, session, useSession, type Token } from "./session";
import { SignIn } from "./signin";
import { ThemeButton } from "./theme";
import { Said } from "./ui/said";
import { Time } from "./ui/time";

export function Console() {
  const { token, ended } = useSession();
  const [open, setOpen] = useState(false);
  const place = usePlace();
  useEffect(() => setOpen(false), [place.path]);
  const home = pages[0]?.path ?? "";
  const path = place.path === "" ? home : place.path;
  const found = pages.map((page) => ({ page, params: fit(page.path, path) })).find(({ params }) => params !== null);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <img src={new URL("docs/assets/icon.svg", ROOT).href} alt="" width="26" height="26" />
          <span>
            Crosswalk <span class="where">Console</span>
          </span>
        </a>
        {token !== null && <Whose token={token} />}
        <a class="plain" href={new URL("docs", ROOT).href}>
          Docs
        </a>
        <ThemeButton />
        {token !== null && (
          <button id="menu" type="button" aria-expanded={open} aria-controls="side" onClick={() => setOpen(!open)}>
            Menu
          </button>
        )}
      </header>
      {token === null ? (
        <SignIn ended={ended} />
      ) : (
        <div class="frame">
          <nav id="side" class={open ? "open" : ""} aria-label="Console">
            <Side token={token} path={path} />
          </nav>
          {found ? <Show key={found.page.path + JSON.stringify(found.params)} page={found.page} params={found.params ?? {}} token={token} query={place.query} /> : <Nowhere path={path} />}
        </div>
      )}
      <Said />
    </>
  );
}

/** The place stands in the hash, so the link may not set it. */
function skip(event: Event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Whose({ token }: { token: Token }) {
  return (
    <span class="whose">
      <bdi class="who" title={token.name}>
        {token.name || "Token"}
      </bdi>
      <span class="tag">
        {described(token)}
        {token.expires_at !== null && Date.parse(token.expires_at) - Date.now() < 86_400_000 && (
          <>
            , ends <Time at={token.expires_at} />
          </>
        )}
      </span>
      <button type="button" onClick={() => session.end(null)}>
        Sign out
      </button>
    </span>
  );
}

function Side({ token, path }: { token: Token; path: string }) {
  const first = path.split("/")[0];
  return (
    <>
      <ul class="pages">
        {pages
          .filter((page) => page.inSide)
          .map((page) => (
            <li key={page.path}>
              <a href={to(page.path)} aria-current={page.path === path ? "page" : page.path === first ? "true" : undefined}>
                {page.title}
                {refusal(token, page.needs) !== null && <span class="count">not with this token</span>}
              </a>
            </li>
          ))}
      </ul>
      <p class="side-links">
        <a href={new URL("docs", ROOT).href}>Reference</a>
        <a href={new URL("openapi.json", ROOT).href}>OpenAPI</a>
      </p>
    </>
  );
}

function Show({ page, params, token, query }: { page: Page; params: { [name: string]: string }; token: Token; query: URLSearchParams }) {
  const main = useRef<HTMLElement>(null);
  const refused = refusal(token, page.needs);
  useEffect(() => {
    document.title = `${page.title} · Crosswalk`;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main id="main" ref={main} tabIndex={-1}>
      {refused === null ? (
        <page.View token={token} params={params} query={query} />
      ) : (
        <>
          <h1>{page.title}</h1>
          <p class="notice">{refused} Sign in with another one to see this page.</p>
        </>
      )}
    </main>
  );
}

function Nowhere({ path }: { path: string }) {
  return (
    <main id="main" tabIndex={-1}>
      <h1>There is no such page</h1>
      <p>
        The console has no page <code>{path.slice(0, 100)}</code>. Begin at <a href="#/">the first one</a>.
      </p>
    </main>
  );
}
