-- Keys change while servers run. A new key is `next` until every process knows it, then
-- `current`, and the one before it is `retiring` until nothing is sealed under it any more.
-- `handover` is the new key sealed under the key `handover_by`, for processes that were
-- started with that one; it goes when the rotation is finished.
CREATE TABLE sealing_keys_new (
    id          TEXT    NOT NULL PRIMARY KEY,
    state       TEXT    NOT NULL CHECK (state IN ('next', 'current', 'retiring')),
    check_value BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    handover    BLOB,
    handover_by TEXT
) STRICT;

INSERT INTO sealing_keys_new (id, state, check_value, created_at)
    SELECT id, state, check_value, created_at FROM sealing_keys;
DROP TABLE sealing_keys;
ALTER TABLE sealing_keys_new RENAME TO sealing_keys;

CREATE UNIQUE INDEX sealing_keys_one_of_each ON sealing_keys (state);

-- A process that slept through a rotation must not leave behind what nobody can open.
CREATE TRIGGER credentials_sealed_now BEFORE UPDATE OF sealed ON credentials
    WHEN lower(hex(substr(NEW.sealed, 2, 8))) NOT IN (SELECT id FROM sealing_keys)
    BEGIN SELECT RAISE(ABORT, 'sealed under a key that was retired'); END;
CREATE TRIGGER credentials_sealed_first BEFORE INSERT ON credentials
    WHEN lower(hex(substr(NEW.sealed, 2, 8))) NOT IN (SELECT id FROM sealing_keys)
    BEGIN SELECT RAISE(ABORT, 'sealed under a key that was retired'); END;
