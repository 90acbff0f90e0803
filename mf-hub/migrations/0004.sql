-- What an object was before, and which key was used: the public id of it, which
-- says nothing to those who do not have the key.
ALTER TABLE history ADD COLUMN before TEXT NOT NULL DEFAULT '{}';
ALTER TABLE history ADD COLUMN key TEXT NOT NULL DEFAULT '';
-- Objects that are no more are found by their last label.
CREATE INDEX history_deleted ON history (resource, label) WHERE verb = 'delete';
