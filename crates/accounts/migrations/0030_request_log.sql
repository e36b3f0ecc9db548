-- The calls of the API: who asked what of which account, and what that took. No body, no query, no secret, and no
-- reference to rows that may go. Only the newest rows are kept.
CREATE TABLE request_log (
    id                    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at                    INTEGER NOT NULL,
    environment_id        TEXT    NOT NULL,
    request_id            TEXT    NOT NULL,
    method                TEXT    NOT NULL,
    path                  TEXT    NOT NULL,
    account_id            TEXT,
    integration           TEXT,
    status                INTEGER NOT NULL,
    milliseconds          INTEGER NOT NULL,
    bytes                 INTEGER NOT NULL,
    token_id              TEXT,    -- null: the command line
    token_name            TEXT,
    vendor_requests       TEXT    NOT NULL, -- a JSON array, the first ones
    vendor_requests_count INTEGER NOT NULL
) STRICT;

CREATE INDEX request_log_in_order ON request_log (environment_id, id);
CREATE INDEX request_log_by_age ON request_log (at);
