-- Which load of a table this is. Tables of version 1 go on with load 0.
ALTER TABLE directory_tables ADD COLUMN load INTEGER NOT NULL DEFAULT 0;

-- The inbox, in the order of ids. An event that is done keeps its key, its times and its outcome.
CREATE TABLE events (
    id            INTEGER PRIMARY KEY,
    tenant        INTEGER NOT NULL REFERENCES tenants (id),
    key           TEXT NOT NULL,
    received_at   INTEGER NOT NULL,
    source        TEXT CHECK (source IN ('Webhook', 'Polling')),
    -- None: a dead letter, or done. A claim leaves it, so that the event can be given back.
    due_at        INTEGER,
    holder        TEXT,
    claimed_until INTEGER,
    -- When it may be claimed.
    available_at  INTEGER AS (coalesce(claimed_until, due_at)) STORED,
    attempts      INTEGER NOT NULL DEFAULT 0,
    done_at       INTEGER,
    outcome       TEXT,
    problem       TEXT,
    -- Of the customer's number, by which it is erased.
    digits        TEXT,
    body          BLOB,
    UNIQUE (tenant, key),
    CHECK ((holder IS NULL) = (claimed_until IS NULL)),
    CHECK (holder IS NULL OR due_at IS NOT NULL),
    CHECK ((done_at IS NULL) = (body IS NOT NULL)),
    CHECK ((done_at IS NULL) = (source IS NOT NULL)),
    CHECK ((done_at IS NULL) = (outcome IS NULL)),
    CHECK (done_at IS NULL OR coalesce(due_at, problem, digits) IS NULL)
) STRICT;

-- What is not done, as it came; with the third column a claim passes over what is not available
-- without a look at the rows.
CREATE INDEX events_open ON events (tenant, id, available_at) WHERE done_at IS NULL;
CREATE INDEX events_available ON events (tenant, available_at) WHERE available_at IS NOT NULL;
CREATE INDEX events_claimed ON events (tenant, holder) WHERE holder IS NOT NULL;
CREATE INDEX events_by_digits ON events (tenant, digits) WHERE digits IS NOT NULL;
CREATE INDEX events_done ON events (done_at) WHERE done_at IS NOT NULL;

-- Callback requests that are dealt with.
CREATE TABLE callbacks (
    tenant         INTEGER NOT NULL REFERENCES tenants (id),
    item           TEXT NOT NULL,
    list           TEXT NOT NULL,
    recorded_at    INTEGER NOT NULL,
    outcome        TEXT NOT NULL CHECK (outcome IN ('Created', 'Ignored', 'ClosedElsewhere')),
    -- Its own phone call, or the open one for which it was ignored.
    activity       BLOB CHECK (length(activity) = 16),
    bundled_into   BLOB CHECK (length(bundled_into) = 16),
    close          TEXT NOT NULL CHECK (close IN ('NotNeeded', 'Due', 'Done', 'GivenUp')),
    close_at       INTEGER,
    close_attempts INTEGER,
    PRIMARY KEY (tenant, item),
    CHECK ((outcome = 'ClosedElsewhere') = (activity IS NULL)),
    CHECK (outcome = 'Created' OR bundled_into IS NULL),
    CHECK ((close = 'Due') = (close_at IS NOT NULL)),
    CHECK ((close = 'Due') = (close_attempts IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX callbacks_to_close ON callbacks (tenant, close_at) WHERE close_at IS NOT NULL;
CREATE INDEX callbacks_settled ON callbacks (recorded_at) WHERE close_at IS NULL;
