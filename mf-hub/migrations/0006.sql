-- Keys have a name, an end and a last use, so that people can tell them apart.

ALTER TABLE api_key ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- '' for no end.
ALTER TABLE api_key ADD COLUMN expire_date TEXT NOT NULL DEFAULT '';
-- To the minute; '' for never.
ALTER TABLE api_key ADD COLUMN last_use_date TEXT NOT NULL DEFAULT '';
UPDATE api_key SET name = 'key-' || id;
CREATE UNIQUE INDEX api_key_user_name ON api_key (user_id, name) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX api_key_system_name ON api_key (system_id, name) WHERE system_id IS NOT NULL;

-- A host enrols as a system with a one-time token, of which only the SHA-256
-- is here. A spent one remembers the key that it was spent for, so that a host
-- whose answer was lost may ask again.
CREATE TABLE enrol_token (
    system_id INTEGER PRIMARY KEY REFERENCES system (id) ON DELETE CASCADE,
    public_id TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL,
    create_date TEXT NOT NULL,
    expire_date TEXT NOT NULL,
    -- Public id of that key; '' as long as the token can be spent.
    spent_on TEXT NOT NULL DEFAULT ''
) STRICT;

-- Joining the site's admins always waits for one of them.
UPDATE "group" SET restricted = 1 WHERE label = 'admin';
