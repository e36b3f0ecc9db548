-- Accounts are also connected by a person with a link token, without any API token: then `token_id` names the
-- link token. SQLite can't change a check, so the table is made anew.
CREATE TABLE audit_log_anew (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    environment_id TEXT,
    actor          TEXT    NOT NULL CHECK (actor IN ('token', 'link_token', 'command_line')),
    token_id       TEXT,
    token_name     TEXT,
    action         TEXT    NOT NULL,
    target         TEXT,
    status         INTEGER,
    detail         TEXT    -- a JSON object
) STRICT;

INSERT INTO audit_log_anew SELECT * FROM audit_log;
DROP TABLE audit_log;
ALTER TABLE audit_log_anew RENAME TO audit_log;

CREATE INDEX audit_log_in_order ON audit_log (environment_id, id);
