-- Plugins that crashed: evidence, and who is not to be used any more.

CREATE TABLE plugin_crash (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    plugin TEXT NOT NULL,
    version TEXT NOT NULL,
    path TEXT NOT NULL,
    -- '' when it was being loaded.
    handler TEXT NOT NULL,
    how TEXT NOT NULL,
    log TEXT NOT NULL,
    date TEXT NOT NULL,
    -- Label of the system, or the regulator.
    actor TEXT NOT NULL,
    task_id INTEGER REFERENCES task (id) ON DELETE SET NULL,
    -- Whether it still counts: no task has succeeded with the plugin since.
    counts INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX plugin_crash_digest ON plugin_crash (digest);
CREATE INDEX plugin_crash_counts ON plugin_crash (digest) WHERE counts = 1;
CREATE INDEX plugin_crash_task ON plugin_crash (task_id);

CREATE TABLE plugin_quarantine (
    digest TEXT PRIMARY KEY,
    plugin TEXT NOT NULL,
    version TEXT NOT NULL,
    date TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a task was built with: for people, and to tell whose crash it was.
ALTER TABLE task ADD COLUMN plugins TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN isolation TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN build_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN vcs_digest TEXT NOT NULL DEFAULT '';

-- What the configuration of a handler may hold: JSON Schemas, by `handler`,
-- `target` and `local`. '' as long as no plugin has said.
ALTER TABLE build_handler ADD COLUMN schemas TEXT NOT NULL DEFAULT '';
ALTER TABLE vcs_handler ADD COLUMN schemas TEXT NOT NULL DEFAULT '';
ALTER TABLE bug_handler ADD COLUMN schemas TEXT NOT NULL DEFAULT '';
