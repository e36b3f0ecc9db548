-- What an environment changes of a connector's mapping of one call of a unified
-- resource: a JSON object, checked before it is stored, nothing secret.
CREATE TABLE environment_overrides (
    id             TEXT    NOT NULL PRIMARY KEY,
    environment_id TEXT    NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    integration    TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    resource       TEXT    NOT NULL,
    method         TEXT    NOT NULL,
    override       TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, integration, model, resource, method)
) STRICT;

-- What an account changes: by model, resource and method.
ALTER TABLE accounts ADD COLUMN unified_model_override TEXT;
