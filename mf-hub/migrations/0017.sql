-- The builds of each project that failed, in their order: for who may not know
-- of all projects.
CREATE INDEX build_failed ON build (project_id) WHERE status IN ('BuildFail', 'Lost');
