-- Run at each start. The lock makes processes that start together take turns.
BEGIN;

SELECT pg_advisory_xact_lock(20261201);

CREATE TABLE IF NOT EXISTS users (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    bio TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'moderator')),
    points BIGINT NOT NULL DEFAULT 10 CHECK (points >= 0)
);

CREATE TABLE IF NOT EXISTS topics (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author BIGINT NOT NULL REFERENCES users,
    title TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members', 'hidden')),
    revision BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE IF NOT EXISTS tags (
    topic BIGINT NOT NULL REFERENCES topics ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (topic, tag)
);

CREATE TABLE IF NOT EXISTS posts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic BIGINT NOT NULL REFERENCES topics ON DELETE CASCADE,
    author BIGINT NOT NULL REFERENCES users,
    body TEXT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE IF NOT EXISTS likes (
    post BIGINT NOT NULL REFERENCES posts ON DELETE CASCADE,
    member BIGINT NOT NULL REFERENCES users,
    PRIMARY KEY (post, member)
);

CREATE TABLE IF NOT EXISTS bookmarks (
    member BIGINT NOT NULL REFERENCES users,
    topic BIGINT NOT NULL REFERENCES topics ON DELETE CASCADE,
    PRIMARY KEY (member, topic)
);

COMMIT;
