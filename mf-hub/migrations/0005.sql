-- A farm of a million builds: the first page of any list that people ask for
-- is read in its order, and costs the same as that of a new farm.

-- The orders that lists of what grows can be asked for in, in one project and
-- over all of them; that by id is the order of the rows, and of each index.
CREATE INDEX build_label ON build (label);
CREATE INDEX build_create_date ON build (create_date);
CREATE INDEX build_update_date ON build (update_date);
CREATE INDEX build_project_create_date ON build (project_id, create_date);
CREATE INDEX build_project_update_date ON build (project_id, update_date);
CREATE INDEX task_label ON task (label);
CREATE INDEX task_create_date ON task (create_date);
CREATE INDEX task_update_date ON task (update_date);
CREATE INDEX task_project_create_date ON task (project_id, create_date);
CREATE INDEX task_project_update_date ON task (project_id, update_date);

-- The largest N of <package>-buildN: among labels of one length the last one.
CREATE INDEX build_number ON build (project_id, length(label), label);

-- The parts of three letters of labels, for mf_search_query. No text is kept
-- here, and no place in it: what is found is compared with the label itself.
CREATE VIRTUAL TABLE build_search USING fts5 (
    label, content = 'build', content_rowid = 'id', tokenize = 'trigram', detail = 'none'
);
INSERT INTO build_search (rowid, label) SELECT id, label FROM build;
CREATE TRIGGER build_search_insert AFTER INSERT ON build BEGIN
    INSERT INTO build_search (rowid, label) VALUES (new.id, new.label);
END;
CREATE TRIGGER build_search_delete AFTER DELETE ON build BEGIN
    INSERT INTO build_search (build_search, rowid, label) VALUES ('delete', old.id, old.label);
END;
CREATE TRIGGER build_search_update AFTER UPDATE OF label ON build BEGIN
    INSERT INTO build_search (build_search, rowid, label) VALUES ('delete', old.id, old.label);
    INSERT INTO build_search (rowid, label) VALUES (new.id, new.label);
END;

CREATE VIRTUAL TABLE task_search USING fts5 (
    label, content = 'task', content_rowid = 'id', tokenize = 'trigram', detail = 'none'
);
INSERT INTO task_search (rowid, label) SELECT id, label FROM task;
CREATE TRIGGER task_search_insert AFTER INSERT ON task BEGIN
    INSERT INTO task_search (rowid, label) VALUES (new.id, new.label);
END;
CREATE TRIGGER task_search_delete AFTER DELETE ON task BEGIN
    INSERT INTO task_search (task_search, rowid, label) VALUES ('delete', old.id, old.label);
END;
CREATE TRIGGER task_search_update AFTER UPDATE OF label ON task BEGIN
    INSERT INTO task_search (task_search, rowid, label) VALUES ('delete', old.id, old.label);
    INSERT INTO task_search (rowid, label) VALUES (new.id, new.label);
END;
