-- Connecting accounts in a browser. Whatever is sealed is sealed for its row's `id`.

-- An environment's own app at a vendor: what a consent is asked for with, and what
-- refreshes where the account has no client of its own. `scopes` is a JSON list, or
-- null for the connector's.
CREATE TABLE oauth_apps (
    id             TEXT    NOT NULL PRIMARY KEY,
    environment_id TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    integration    TEXT    NOT NULL,
    scopes         TEXT,
    key_id         TEXT    NOT NULL,
    sealed         BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, integration)
) STRICT;

CREATE INDEX oauth_apps_by_key ON oauth_apps (key_id);

-- Where a browser may be sent after an account is connected. With none, only this
-- machine.
CREATE TABLE redirect_uris (
    environment_id TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    uri            TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (environment_id, uri)
) STRICT;

-- Leave to connect one account, only as SHA-256 of the token. With `account_id` that
-- account is connected again. `options` is a JSON object; `sealed` holds the context
-- that the account starts with. `consumed_by` is the account that it led to.
CREATE TABLE link_tokens (
    id             TEXT    NOT NULL PRIMARY KEY,
    environment_id TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    account_id     TEXT             REFERENCES accounts (id) ON DELETE CASCADE,
    tenant_id      TEXT    NOT NULL,
    hash           BLOB    NOT NULL UNIQUE,
    options        TEXT    NOT NULL,
    key_id         TEXT    NOT NULL,
    sealed         BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    consumed_at    INTEGER,
    consumed_by    TEXT
) STRICT;

CREATE INDEX link_tokens_by_expiry ON link_tokens (expires_at);
CREATE INDEX link_tokens_by_account ON link_tokens (account_id);
CREATE INDEX link_tokens_by_key ON link_tokens (key_id);

-- One way through a vendor's consent page, only as SHA-256 of its `state`. It is good
-- once (`used_at`); `outcome` is what came of it, as a JSON object.
CREATE TABLE oauth_flows (
    id            TEXT    NOT NULL PRIMARY KEY,
    link_token_id TEXT    NOT NULL REFERENCES link_tokens (id) ON DELETE CASCADE,
    hash          BLOB    NOT NULL UNIQUE,
    attempt       TEXT,
    key_id        TEXT    NOT NULL,
    sealed        BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    used_at       INTEGER,
    outcome       TEXT
) STRICT;

CREATE INDEX oauth_flows_by_attempt ON oauth_flows (link_token_id, attempt);
CREATE INDEX oauth_flows_by_key ON oauth_flows (key_id);
