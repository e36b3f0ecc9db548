-- Webhooks: where an environment wants to hear of its accounts. The secrets that sign what
-- is sent are sealed. No event types: all of them.
CREATE TABLE webhooks (
    id              TEXT    NOT NULL PRIMARY KEY,
    environment_id  TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    target_url      TEXT    NOT NULL,
    event_types     TEXT    NOT NULL, -- a JSON array
    is_active       INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    key_id          TEXT    NOT NULL,
    sealed          BLOB    NOT NULL,
    failing_since   INTEGER,
    disabled_reason TEXT,
    last_error      TEXT,
    last_success_at INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_in_order ON webhooks (environment_id, created_at, id);

-- What is to be sent, written in the transaction that made it happen. An attempt is made
-- by whoever holds the lease, and no transaction stays open while it goes on.
CREATE TABLE webhook_deliveries (
    id              TEXT    NOT NULL PRIMARY KEY,
    webhook_id      TEXT    NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event           TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    lease_owner     TEXT,
    lease_until     INTEGER NOT NULL DEFAULT 0,
    last_status     INTEGER,
    last_error      TEXT,
    created_at      INTEGER NOT NULL,
    finished_at     INTEGER
) STRICT;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, created_at, id);
