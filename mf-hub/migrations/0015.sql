-- Systems that are given no more tasks: by whom, since when and why. One that was
-- drained before this was kept is not here.
CREATE TABLE system_drain (
    system_id INTEGER PRIMARY KEY REFERENCES system (id) ON DELETE CASCADE,
    actor TEXT NOT NULL,
    date TEXT NOT NULL,
    -- '' when nobody said why.
    reason TEXT NOT NULL
) STRICT;
