-- Errands: work that calls out. The hub calls nobody; hooks of the regulator
-- claim these under a lease, and report. Made in the transaction of the change
-- that causes them.
CREATE TABLE errand (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    -- JSON of mf_core::errand::Subject; what is open is never there twice.
    subject TEXT NOT NULL,
    -- For people: `close bug 17`.
    about TEXT NOT NULL,
    -- Where it goes: what waits for one server waits together.
    lane TEXT NOT NULL,
    project_id INTEGER REFERENCES project (id) ON DELETE CASCADE,
    build_id INTEGER REFERENCES build (id) ON DELETE CASCADE,
    tag_id INTEGER REFERENCES tag (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'refused')),
    create_date TEXT NOT NULL,
    -- Not before that time; '' once it is over.
    next_try TEXT NOT NULL,
    -- '' until it is over.
    end_date TEXT NOT NULL DEFAULT '',
    -- Attempts so far; of the last one the SHA-256 of its token, its nonce,
    -- and how it ended: '' while it goes on, else done, later or refused.
    attempt INTEGER NOT NULL DEFAULT 0,
    token_hash BLOB NOT NULL DEFAULT x'',
    nonce TEXT NOT NULL DEFAULT '',
    ended TEXT NOT NULL DEFAULT '',
    -- Failures in a row.
    failures INTEGER NOT NULL DEFAULT 0,
    -- Wanted once more while it was running.
    again INTEGER NOT NULL DEFAULT 0,
    -- What went wrong last.
    message TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX errand_open ON errand (subject) WHERE state IN ('waiting', 'running');
CREATE INDEX errand_due ON errand (state, next_try);
CREATE INDEX errand_subject ON errand (subject);
CREATE INDEX errand_nonce ON errand (nonce);
CREATE INDEX errand_end ON errand (end_date);
CREATE INDEX errand_project ON errand (project_id);
CREATE INDEX errand_build ON errand (build_id);
CREATE INDEX errand_tag ON errand (tag_id);

-- Places that nothing is sent to before a time: their server is down, or has
-- had enough of us.
CREATE TABLE errand_lane (
    lane TEXT PRIMARY KEY,
    not_before TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The bugs of a build, each as its tracker showed it last.
CREATE TABLE build_bug (
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    bug TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'unchecked'
        CHECK (state IN ('unchecked', 'open', 'closed', 'unknown')),
    title TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT '',
    -- Why it is not known, or what could not be done to it.
    message TEXT NOT NULL DEFAULT '',
    -- When the tracker was last asked, UTC; '' for never.
    check_date TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (build_id, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX build_bug_name ON build_bug (build_id, bug);

INSERT OR IGNORE INTO build_bug (build_id, number, bug)
    SELECT b.id, n.key, ltrim(trim(n.value), '#')
    FROM build b, json_each('[' || replace(json_quote(b.bugs), ',', '","') || ']') n
    WHERE b.bugs <> '' AND trim(n.value) <> '';
