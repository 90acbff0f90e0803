-- The file repositories that tags with manage_repo keep.

-- What a repository holds should follow its tag: the row counts what changes
-- that, and says up to which count the present generation follows. It is the
-- regulator's work as long as the two differ.
CREATE TABLE repository (
    tag_id INTEGER PRIMARY KEY REFERENCES tag (id) ON DELETE CASCADE,
    wanted INTEGER NOT NULL DEFAULT 1,
    -- Since when the two differ.
    wanted_date TEXT NOT NULL,
    followed INTEGER NOT NULL DEFAULT 0,
    -- Why the last try failed; '' when it did not.
    problem TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,
    -- When to try again, in seconds since 1970.
    next_try INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A repository as it was, is, or will be: clients see one generation or the
-- next, and nothing between.
CREATE TABLE repository_generation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tag_id INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'current', 'old')),
    -- The count that it follows.
    follows INTEGER NOT NULL,
    -- When it was begun; when it became current.
    date TEXT NOT NULL,
    -- Of a draft, when it was begun; of an old one, when another took its
    -- place; in seconds since 1970.
    since INTEGER NOT NULL
) STRICT;
CREATE INDEX repository_generation_tag ON repository_generation (tag_id);
CREATE UNIQUE INDEX repository_generation_current
    ON repository_generation (tag_id) WHERE state = 'current';

-- Directories of a generation, and whose index is in each: they stay when
-- their last file goes, so that clients find an empty index and no error.
CREATE TABLE repository_directory (
    generation_id INTEGER NOT NULL REFERENCES repository_generation (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    build_handler_id INTEGER NOT NULL REFERENCES build_handler (id) ON DELETE CASCADE,
    PRIMARY KEY (generation_id, path, build_handler_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX repository_directory_handler ON repository_directory (build_handler_id);

-- Files of a generation. On disk each is named by its SHA-256, beneath the
-- tag's directory; what a task made is a link to the task's own file.
CREATE TABLE repository_file (
    generation_id INTEGER NOT NULL REFERENCES repository_generation (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    -- The task that made it and its attempt; 0 for what an index is made of.
    task INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (generation_id, path)
) STRICT, WITHOUT ROWID;

-- Tags that had manage_repo before there were repositories.
INSERT INTO repository (tag_id, wanted_date) SELECT id, update_date FROM tag WHERE manage_repo;
