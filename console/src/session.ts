// Who is signed in. The token lives in this module's memory and nowhere else: not in storage, not in an address.
import { useEffect, useState } from "preact/hooks";

/** What `GET /api-token/me` tells of a token. */
export interface Token {
  id: string;
  name: string;
  environment_id: string;
  /** The account whose own token it is, if it is one's. */
  integrated_account_id: string | null;
  /** The accounts it reaches, if not all of the environment. */
  integrated_account_ids: string[] | null;
  read_only: boolean;
  expires_at: string | null;
}

interface State {
  secret: string | null;
  token: Token | null;
  /** Why the last session ended, in plain words. */
  ended: string | null;
}

let state: State = { secret: null, token: null, ended: null };
const listeners = new Set<() => void>();

function change(next: State) {
  state = next;
  for (const listener of listeners) listener();
}

export const session = {
  secret: () => state.secret,
  begin: (secret: string, token: Token) => change({ secret, token, ended: null }),
  /** Forgets the token; the page stays where it is, so that signing in leads back to it. */
  end: (why: string | null) => change({ secret: null, token: null, ended: why }),
};

/** The session, and a new drawing whenever it changes. */
export function useSession(): State {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((count) => count + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return state;
}

/** What a call needs of a token. */
export type Need =
  /** Any token. */
  | "any"
  /** A token of the environment, or of some of its accounts. */
  | "accounts"
  /** A token of the whole environment. */
  | "environment";

/** Why a token may not do something, in plain words; null when it may. */
export function refusal(token: Token, need: Need, writes = false): string | null {
  if (writes && token.read_only) return "This token may only read.";
  if (need !== "any" && token.integrated_account_id !== null) return "This token is one account's own and reaches that account's calls only.";
  if (need === "environment" && token.integrated_account_ids !== null) return "This token reaches some accounts only, not the whole environment.";
  return null;
}

/** What a token is, in a few words. */
export function described(token: Token): string {
  const reach =
    token.integrated_account_id !== null
      ? "one account"
      : token.integrated_account_ids !== null
        ? `${token.integrated_account_ids.length} account${token.integrated_account_ids.length === 1 ? "" : "s"}`
        : "whole environment";
  return token.read_only ? `${reach}, read-only` : reach;
}
