-- Whether it was the system's own worker that drained it, which then takes back
-- only its own word.
ALTER TABLE system_drain ADD COLUMN itself INTEGER NOT NULL DEFAULT 0 CHECK (itself IN (0, 1));
