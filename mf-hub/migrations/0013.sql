-- Heads of package-branches with build_on_commit, as they were seen last.
CREATE TABLE branch_head (
    package_branch_id INTEGER PRIMARY KEY REFERENCES package_branch (id) ON DELETE CASCADE,
    -- What was looked at: handler, url and branch. Another is watched anew.
    source TEXT NOT NULL DEFAULT '',
    -- '' until it was seen; then the newest that a build was submitted for,
    -- or that it had when it was seen first.
    revision TEXT NOT NULL DEFAULT '',
    -- Since when it is that.
    date TEXT NOT NULL DEFAULT '',
    -- Why it cannot be looked at, or was not built.
    problem TEXT NOT NULL DEFAULT '',
    -- Looks in vain, in a row.
    failures INTEGER NOT NULL DEFAULT 0,
    -- When to look again, in seconds since 1970; 0 in the next cycle.
    next_look INTEGER NOT NULL DEFAULT 0,
    -- Somebody asked for a look.
    asked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX package_branch_on_commit ON package_branch (id) WHERE build_on_commit;

ALTER TABLE package_branch ADD COLUMN pre_tag_id INTEGER REFERENCES tag (id);
CREATE INDEX package_branch_pre_tag ON package_branch (pre_tag_id);
