-- Making the repository of a tag is an errand, as all is that the hub has others
-- do: what waits, since when, and why it lags are in its row. The table that
-- counted is gone.
INSERT INTO errand (kind, subject, about, lane, project_id, tag_id, state, create_date,
                    next_try, message)
    SELECT 'repository', '{"kind":"repository","tag":' || t.id || '}', 'renew the repository',
           'repository', t.project_id, t.id, 'waiting', r.wanted_date, r.wanted_date, r.problem
    FROM repository r JOIN tag t ON t.id = r.tag_id WHERE r.wanted <> r.followed;
DROP TABLE repository;

-- There is one draft of a tag at a time, that of the attempt which goes on.
DELETE FROM repository_generation WHERE state = 'draft';
ALTER TABLE repository_generation DROP COLUMN follows;
CREATE UNIQUE INDEX repository_generation_draft
    ON repository_generation (tag_id) WHERE state = 'draft';
