-- Tokens that may only read, and tokens that reach some accounts of their environment:
-- `account_scope` is a JSON array of ids, and null is all of them. Ids of accounts that are
-- gone stay in it, since they are never given out again.
ALTER TABLE api_tokens ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0 CHECK (read_only IN (0, 1));
ALTER TABLE api_tokens ADD COLUMN account_scope TEXT;

-- What the vendor last said is left of the account's quota, in its own words.
ALTER TABLE accounts ADD COLUMN quota_remaining TEXT;
ALTER TABLE accounts ADD COLUMN quota_seen_at INTEGER;

-- Who did what. Nothing secret, and no reference to rows that may go: an entry outlives
-- what it tells of. No environment: it was about the whole installation.
CREATE TABLE audit_log (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    environment_id TEXT,
    actor          TEXT    NOT NULL CHECK (actor IN ('token', 'command_line')),
    token_id       TEXT,
    token_name     TEXT,
    action         TEXT    NOT NULL,
    target         TEXT,
    status         INTEGER,
    detail         TEXT    -- a JSON object
) STRICT;

CREATE INDEX audit_log_in_order ON audit_log (environment_id, id);
