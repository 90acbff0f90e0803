-- What a build shows of its tasks lies in these, in the order that it shows
-- them and without a look at the tasks themselves.
DROP INDEX task_build;
CREATE INDEX task_build ON task (build_id, label);
CREATE INDEX task_build_target ON task (build_id, target_id);
