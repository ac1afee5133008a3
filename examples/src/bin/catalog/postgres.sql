BEGIN;

-- Two nodes may start at once: the second one waits here, and finds everything made.
SELECT pg_advisory_xact_lock(hashtext('catalog: tables'));

CREATE TABLE IF NOT EXISTS catalog (id TEXT PRIMARY KEY);

CREATE TABLE IF NOT EXISTS connections (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS tables (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    schema_name TEXT NOT NULL,
    name TEXT NOT NULL,
    row_count BIGINT,
    synced_at BIGINT,
    UNIQUE (connection_id, schema_name, name)
);

CREATE TABLE IF NOT EXISTS notes (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id BIGINT NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);

INSERT INTO catalog SELECT right(gen_random_uuid()::text, 12) WHERE NOT EXISTS (SELECT * FROM catalog);

COMMIT;
