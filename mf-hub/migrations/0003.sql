-- Lists of what grows with the farm's age are read by project, in the order of
-- ids: an index of the project alone has them so.
CREATE INDEX build_project ON build (project_id);
CREATE INDEX task_project ON task (project_id);
