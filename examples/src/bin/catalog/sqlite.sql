-- Readers and the one writer do not wait for each other.
PRAGMA journal_mode = WAL;

-- Two nodes may start at once: the second one waits here, and finds everything made.
BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS catalog (id TEXT PRIMARY KEY);

-- AUTOINCREMENT gives no number twice: somebody may still hold that of a table which is gone.
CREATE TABLE IF NOT EXISTS connections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection_id INTEGER NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    schema_name TEXT NOT NULL,
    name TEXT NOT NULL,
    row_count INTEGER,
    synced_at INTEGER,
    UNIQUE (connection_id, schema_name, name)
);

CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);

INSERT INTO catalog SELECT lower(hex(randomblob(6))) WHERE NOT EXISTS (SELECT * FROM catalog);

COMMIT;
