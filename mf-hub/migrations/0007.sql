-- Requests that were done with an Idempotency-Key, for a day: who sends one
-- again gets its reply again. `request` is a signature of what was asked for;
-- a reply that holds a secret is not kept and stays NULL.
CREATE TABLE idempotency (
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    reply BLOB,
    -- Seconds since 1970.
    date INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_date ON idempotency (date);
