-- Times are milliseconds since the epoch, UTC. Ids are random and made by the
-- program. Whatever is sealed stands beside the id of the key that sealed it, so
-- that a rotation finds what is left to do.

-- The keys that may open this database. `check_value` is a known text sealed
-- under the key: whoever opens it has the right one.
CREATE TABLE sealing_keys (
    id          TEXT    NOT NULL PRIMARY KEY,
    state       TEXT    NOT NULL CHECK (state IN ('current', 'retiring')),
    check_value BLOB    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE environments (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- An integrated account: one customer's connection to one vendor.
CREATE TABLE accounts (
    id                    TEXT    NOT NULL PRIMARY KEY,
    environment_id        TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    tenant_id             TEXT    NOT NULL,
    integration           TEXT    NOT NULL,
    authentication_method TEXT    NOT NULL,
    status                TEXT    NOT NULL,
    last_error            TEXT,
    settings              TEXT    NOT NULL, -- a JSON object, nothing secret
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    last_used_at          INTEGER
) STRICT;

CREATE INDEX accounts_in_order ON accounts (environment_id, created_at, id);
CREATE INDEX accounts_by_tenant ON accounts (environment_id, tenant_id, created_at, id);
CREATE INDEX accounts_by_integration ON accounts (environment_id, integration, created_at, id);

-- `version` grows with every change. `fence` and `base_version` say which refresh
-- wrote the row and which version's refresh token it spent (0 and null: a person
-- wrote it), so that a straggler can tell whether its own answer is the later one.
CREATE TABLE credentials (
    account_id   TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    version      INTEGER NOT NULL,
    key_id       TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    expires_at   INTEGER,
    stored_at    INTEGER NOT NULL,
    fence        INTEGER NOT NULL DEFAULT 0,
    base_version INTEGER
) STRICT;

CREATE INDEX credentials_by_key ON credentials (key_id);

-- Who may spend an account's refresh token just now. No owner: nobody. `fence`
-- grows with every taker. `failure` is why attempt number `fence` came to nothing
-- for the moment, for those in other processes who waited for it.
CREATE TABLE refresh_leases (
    account_id TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    fence      INTEGER NOT NULL,
    owner      TEXT,
    expires_at INTEGER NOT NULL,
    failure    TEXT
) STRICT;

-- API tokens, only as SHA-256 of the token. With `account_id` the token reaches
-- that account alone.
CREATE TABLE api_tokens (
    id             TEXT    NOT NULL PRIMARY KEY,
    environment_id TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    account_id     TEXT             REFERENCES accounts (id) ON DELETE CASCADE,
    name           TEXT    NOT NULL,
    hash           BLOB    NOT NULL UNIQUE,
    hint           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER,
    last_used_at   INTEGER,
    revoked_at     INTEGER
) STRICT;

CREATE INDEX api_tokens_in_order ON api_tokens (environment_id, created_at, id);
CREATE INDEX api_tokens_by_account ON api_tokens (account_id);
