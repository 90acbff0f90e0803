-- Work: who does it, how often it was tried, and what came of it.

-- Each time that a worker takes a task is an attempt, from 1. What its worker
-- writes carries a token, of which only the SHA-256 is here; the nonce is the
-- worker's name for the claim, so that asking again gives the same attempt.
CREATE TABLE attempt (
    task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    system_id INTEGER REFERENCES system (id) ON DELETE SET NULL,
    token_hash BLOB NOT NULL,
    nonce TEXT NOT NULL,
    start_date TEXT NOT NULL,
    -- '' while it goes on.
    end_date TEXT NOT NULL DEFAULT '',
    -- How it ended: success, failure, stopped, handed_back or lost.
    outcome TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (task_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_system ON attempt (system_id, nonce);

-- The files of an attempt. Its name is what the worker called it and never a
-- path: `stored` is the name on disk, beneath the attempt's directory.
CREATE TABLE task_file (
    task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'source', 'log', 'config')),
    name TEXT NOT NULL,
    -- Size and hash of a log stay 0 and '' as it may grow: its length is the truth.
    size INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    stored TEXT NOT NULL,
    create_date TEXT NOT NULL,
    PRIMARY KEY (task_id, attempt, kind, name)
) STRICT, WITHOUT ROWID;

-- What a worker said of its host when it registered. `cpus` is the system's
-- capacity until an admin sets another.
CREATE TABLE system_host (
    system_id INTEGER PRIMARY KEY REFERENCES system (id) ON DELETE CASCADE,
    cpus INTEGER NOT NULL
) STRICT;

CREATE TABLE system_offer (
    system_id INTEGER NOT NULL REFERENCES system (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('build_handler', 'vcs_handler', 'bug_handler')),
    label TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (system_id, kind, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX system_offer_handler ON system_offer (kind, label);

-- Archs are names here, not references: a host may serve one that the farm
-- does not know yet.
CREATE TABLE system_arch (
    system_id INTEGER NOT NULL REFERENCES system (id) ON DELETE CASCADE,
    arch TEXT NOT NULL,
    PRIMARY KEY (system_id, arch)
) STRICT, WITHOUT ROWID;

-- Handlers that plugins of the regulator provide at this moment. Those that
-- are no longer here are disabled, and stay for what refers to them.
CREATE TABLE handler_registered (
    kind TEXT NOT NULL CHECK (kind IN ('build_handler', 'vcs_handler', 'bug_handler')),
    label TEXT NOT NULL,
    PRIMARY KEY (kind, label)
) STRICT, WITHOUT ROWID;
