-- People who are signed in to the pages. What a browser holds is here as its
-- SHA-256 alone. A session that was begun with a key ends with the key.
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    key_id INTEGER REFERENCES api_key (id) ON DELETE CASCADE,
    create_date TEXT NOT NULL,
    expire_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user_id);
CREATE INDEX session_key ON session (key_id);

-- A new password ends them all, whoever sets it.
CREATE TRIGGER session_password AFTER UPDATE OF password_hash ON "user"
WHEN old.password_hash <> new.password_hash BEGIN
    DELETE FROM session WHERE user_id = new.id;
END;

-- What waits for which target, since when and in which project: the start page
-- reads nothing else of it.
CREATE INDEX task_queued ON task (target_id, create_date, project_id) WHERE status = 'Queued';
