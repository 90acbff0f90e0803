-- The resources, as mf_core::resource declares them; a test holds both together.
-- Ids are never used again (AUTOINCREMENT): files and history name objects by them.

CREATE TABLE "user" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    password_hash TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL DEFAULT '',
    agreed_to_terms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE "group" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL DEFAULT '',
    restricted INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE group_user (
    group_id INTEGER NOT NULL REFERENCES "group" (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_user_back ON group_user (user_id);

CREATE TABLE group_pending_user (
    group_id INTEGER NOT NULL REFERENCES "group" (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_pending_user_back ON group_pending_user (user_id);

CREATE TABLE build_handler (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    config TEXT NOT NULL DEFAULT '',
    plugin TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    enabled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX build_handler_plugin ON build_handler (plugin);
CREATE INDEX build_handler_enabled ON build_handler (enabled);

CREATE TABLE vcs_handler (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    config TEXT NOT NULL DEFAULT '',
    plugin TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    enabled INTEGER NOT NULL DEFAULT 0,
    url_template TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX vcs_handler_plugin ON vcs_handler (plugin);
CREATE INDEX vcs_handler_enabled ON vcs_handler (enabled);

CREATE TABLE bug_handler (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    config TEXT NOT NULL DEFAULT '',
    plugin TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    enabled INTEGER NOT NULL DEFAULT 0,
    bug_url_template TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX bug_handler_plugin ON bug_handler (plugin);
CREATE INDEX bug_handler_enabled ON bug_handler (enabled);

CREATE TABLE project (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    admin_group_id INTEGER REFERENCES "group" (id),
    vcs_handler_id INTEGER REFERENCES vcs_handler (id),
    bug_handler_id INTEGER REFERENCES bug_handler (id),
    restricted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX project_admin_group ON project (admin_group_id);
CREATE INDEX project_vcs_handler ON project (vcs_handler_id);
CREATE INDEX project_bug_handler ON project (bug_handler_id);

CREATE TABLE arch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE distro (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE "release" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    distro_id INTEGER NOT NULL REFERENCES distro (id),
    full_version TEXT NOT NULL DEFAULT '',
    major_version TEXT NOT NULL DEFAULT '',
    minor_version TEXT NOT NULL DEFAULT '',
    eol INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX release_distro ON "release" (distro_id);
CREATE INDEX release_eol ON "release" (eol);

CREATE TABLE release_build_handler (
    release_id INTEGER NOT NULL REFERENCES "release" (id) ON DELETE CASCADE,
    build_handler_id INTEGER NOT NULL REFERENCES build_handler (id) ON DELETE CASCADE,
    PRIMARY KEY (release_id, build_handler_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_build_handler_back ON release_build_handler (build_handler_id);

CREATE TABLE target (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    release_id INTEGER NOT NULL REFERENCES "release" (id),
    arch_id INTEGER NOT NULL REFERENCES arch (id),
    full_version TEXT NOT NULL DEFAULT '',
    major_version TEXT NOT NULL DEFAULT '',
    minor_version TEXT NOT NULL DEFAULT '',
    tag_path TEXT NOT NULL DEFAULT '',
    config TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX target_release ON target (release_id);
CREATE INDEX target_arch ON target (arch_id);

CREATE TABLE target_build_handler (
    target_id INTEGER NOT NULL REFERENCES target (id) ON DELETE CASCADE,
    build_handler_id INTEGER NOT NULL REFERENCES build_handler (id) ON DELETE CASCADE,
    PRIMARY KEY (target_id, build_handler_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX target_build_handler_back ON target_build_handler (build_handler_id);

CREATE TABLE build_type (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE system (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    -- 0 until its worker has registered or an admin has set one.
    capacity INTEGER NOT NULL DEFAULT 0,
    enabled INTEGER NOT NULL DEFAULT 1,
    -- '' until its worker was heard of for the first time.
    last_seen TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX system_enabled ON system (enabled);

CREATE TABLE tag (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    requires_admin INTEGER NOT NULL DEFAULT 0,
    manage_repo INTEGER NOT NULL DEFAULT 0,
    include_in_builds INTEGER NOT NULL DEFAULT 0,
    close_on_tag INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    only_latest INTEGER NOT NULL DEFAULT 0,
    about TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, label)
) STRICT;

CREATE TABLE package (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    source_name TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '',
    about TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    user_id INTEGER REFERENCES "user" (id),
    group_id INTEGER REFERENCES "group" (id),
    footprint INTEGER NOT NULL DEFAULT 1,
    one_per_system INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, label)
) STRICT;
CREATE INDEX package_source_name ON package (source_name);
CREATE INDEX package_user ON package (user_id);
CREATE INDEX package_group ON package (group_id);

CREATE TABLE package_branch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    package_id INTEGER NOT NULL REFERENCES package (id),
    build_handler_id INTEGER NOT NULL REFERENCES build_handler (id),
    url TEXT NOT NULL DEFAULT '',
    vcs_branch TEXT NOT NULL DEFAULT '',
    vcs_handler_id INTEGER REFERENCES vcs_handler (id),
    build_prefix TEXT NOT NULL DEFAULT '',
    build_on_commit INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, label)
) STRICT;
CREATE INDEX package_branch_package ON package_branch (package_id);
CREATE INDEX package_branch_build_handler ON package_branch (build_handler_id);
CREATE INDEX package_branch_vcs_handler ON package_branch (vcs_handler_id);

CREATE TABLE package_branch_release (
    package_branch_id INTEGER NOT NULL REFERENCES package_branch (id) ON DELETE CASCADE,
    release_id INTEGER NOT NULL REFERENCES "release" (id) ON DELETE CASCADE,
    PRIMARY KEY (package_branch_id, release_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX package_branch_release_back ON package_branch_release (release_id);

CREATE TABLE package_branch_excluded_release (
    package_branch_id INTEGER NOT NULL REFERENCES package_branch (id) ON DELETE CASCADE,
    release_id INTEGER NOT NULL REFERENCES "release" (id) ON DELETE CASCADE,
    PRIMARY KEY (package_branch_id, release_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX package_branch_excluded_release_back ON package_branch_excluded_release (release_id);

CREATE TABLE build (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    package_branch_id INTEGER NOT NULL REFERENCES package_branch (id),
    build_type_id INTEGER REFERENCES build_type (id),
    user_id INTEGER REFERENCES "user" (id),
    pre_tag_id INTEGER REFERENCES tag (id),
    scratch INTEGER NOT NULL DEFAULT 0,
    scratch_url TEXT NOT NULL DEFAULT '',
    bugs TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '',
    package_id INTEGER NOT NULL REFERENCES package (id),
    status TEXT NOT NULL DEFAULT 'New',
    revision TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, label)
) STRICT;
CREATE INDEX build_package_branch ON build (package_branch_id);
CREATE INDEX build_build_type ON build (build_type_id);
CREATE INDEX build_user ON build (user_id);
CREATE INDEX build_pre_tag ON build (pre_tag_id);
CREATE INDEX build_scratch ON build (scratch);
CREATE INDEX build_package ON build (package_id);
CREATE INDEX build_status ON build (status);

CREATE TABLE build_tag (
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
    PRIMARY KEY (build_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX build_tag_back ON build_tag (tag_id);

CREATE TABLE build_comment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES "user" (id),
    create_date TEXT NOT NULL,
    karma INTEGER NOT NULL DEFAULT 0,
    comment TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX build_comment_build ON build_comment (build_id);
CREATE INDEX build_comment_user ON build_comment (user_id);

CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    create_date TEXT NOT NULL,
    update_date TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id),
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES target (id),
    build_handler_id INTEGER NOT NULL REFERENCES build_handler (id),
    system_id INTEGER REFERENCES system (id),
    -- A name of mf_core::task::State, which has one state more than is shown.
    status TEXT NOT NULL DEFAULT 'New',
    stage TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    revision TEXT NOT NULL DEFAULT '',
    attempt INTEGER NOT NULL DEFAULT 0,
    start_date TEXT NOT NULL DEFAULT '',
    end_date TEXT NOT NULL DEFAULT '',
    fs_path TEXT NOT NULL DEFAULT '',
    UNIQUE (project_id, label)
) STRICT;
CREATE INDEX task_build ON task (build_id);
CREATE INDEX task_target ON task (target_id);
CREATE INDEX task_build_handler ON task (build_handler_id);
CREATE INDEX task_system ON task (system_id);
CREATE INDEX task_status ON task (status);

-- Keys are shown once; here is only the SHA-256 of the whole key, found by
-- its public id. Whose it is: a user, a system, or else the regulator.
CREATE TABLE api_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL,
    user_id INTEGER REFERENCES "user" (id) ON DELETE CASCADE,
    system_id INTEGER REFERENCES system (id) ON DELETE CASCADE,
    create_date TEXT NOT NULL,
    CHECK (user_id IS NULL OR system_id IS NULL)
) STRICT;
CREATE INDEX api_key_user ON api_key (user_id);
CREATE INDEX api_key_system ON api_key (system_id);

-- What happened, in the order of commits; the id is the event's number.
-- Labels are as they were then; project_id says who may read of it now.
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    date TEXT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    resource TEXT NOT NULL,
    object INTEGER NOT NULL,
    label TEXT NOT NULL,
    project_id INTEGER,
    project_label TEXT NOT NULL DEFAULT '',
    build_label TEXT NOT NULL DEFAULT '',
    changes TEXT NOT NULL
) STRICT;
CREATE INDEX history_object ON history (resource, object);
