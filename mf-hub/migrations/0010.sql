-- The queue is paused while there is a row: nobody gets a task.
CREATE TABLE queue_pause (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    actor TEXT NOT NULL,
    date TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- What admins add to the priority of a build's type.
ALTER TABLE build ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
