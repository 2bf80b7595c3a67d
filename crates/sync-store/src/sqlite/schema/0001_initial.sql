-- Times are whole microseconds since 1970-01-01 UTC, dates are days since 0001-01-01 (which is day
-- 1), keys of Dynamics rows are the 16 bytes of the GUID.

CREATE TABLE tenants (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    organization TEXT
) STRICT;

CREATE TABLE cursors (
    tenant INTEGER NOT NULL REFERENCES tenants (id),
    job    TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, job)
) STRICT, WITHOUT ROWID;

-- The latest state of each call. The fingerprints tell whether a decision brings anything new.
CREATE TABLE calls (
    id                   INTEGER PRIMARY KEY,
    tenant               INTEGER NOT NULL REFERENCES tenants (id),
    call_id              TEXT NOT NULL,
    modified             INTEGER,
    outcome              TEXT NOT NULL
        CHECK (outcome IN ('Logged', 'AlreadyLogged', 'Skipped', 'Deferred', 'Failed')),
    reason               TEXT NOT NULL,
    logged_as            BLOB CHECK (length(logged_as) = 16),
    attempts             INTEGER,
    next_attempt_at      INTEGER,
    first_seen_at        INTEGER NOT NULL,
    decided_at           INTEGER NOT NULL,
    seen_at              INTEGER NOT NULL,
    number               TEXT,
    decision_fingerprint BLOB NOT NULL,
    details_fingerprint  BLOB,
    legs                 BLOB,
    UNIQUE (tenant, call_id),
    CHECK ((outcome = 'Failed') = (attempts IS NOT NULL)),
    CHECK (outcome = 'Failed' OR next_attempt_at IS NULL),
    CHECK (outcome NOT IN ('Logged', 'AlreadyLogged') OR logged_as IS NOT NULL)
) STRICT;

CREATE INDEX calls_deferred ON calls (tenant, first_seen_at) WHERE outcome = 'Deferred';
CREATE INDEX calls_failed ON calls (tenant, next_attempt_at) WHERE outcome = 'Failed';
CREATE INDEX calls_seen ON calls (seen_at);

-- The history of each call, in the order of ids.
CREATE TABLE decisions (
    id              INTEGER PRIMARY KEY,
    call            INTEGER NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    at              INTEGER NOT NULL,
    outcome         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    activity        BLOB,
    attempts        INTEGER,
    next_attempt_at INTEGER,
    number          TEXT,
    digits          TEXT,
    evidence        BLOB
) STRICT;

CREATE INDEX decisions_of_call ON decisions (call);
CREATE INDEX decisions_by_digits ON decisions (digits) WHERE digits IS NOT NULL;

-- SHA-256 of the ids of calls that were logged once. No reference to calls: it outlives them.
CREATE TABLE tombstones (
    tenant    INTEGER NOT NULL REFERENCES tenants (id),
    hash      BLOB NOT NULL,
    logged_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_tables (
    id     INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenants (id),
    name   TEXT NOT NULL,
    token  TEXT,
    UNIQUE (tenant, name)
) STRICT;

CREATE TABLE directory_rows (
    directory_table INTEGER NOT NULL REFERENCES directory_tables (id),
    key             BLOB NOT NULL CHECK (length(key) = 16),
    value           BLOB NOT NULL,
    PRIMARY KEY (directory_table, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    tenant  INTEGER NOT NULL REFERENCES tenants (id),
    job     TEXT NOT NULL,
    date    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    done_at INTEGER,
    PRIMARY KEY (tenant, job, date)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (
    tenant INTEGER NOT NULL REFERENCES tenants (id),
    job    TEXT NOT NULL,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (tenant, job)
) STRICT, WITHOUT ROWID;
