"""Tables of the database, as one script per version (`PRAGMA user_version`).

Scripts are only ever added.

- `executions`: one row per run, all that lists read; written in the transaction of the events it derives from.
- `events`: the source of truth of a run, in `place` key * 2^32 + seq: the events of a run are adjacent, and appending
  to the newest run rewrites a single page. `data` is JSON (event_rows.py lists what is omitted), zlib-compressed when
  it is long.
- `payloads`, `payload_parts`: big values by sha256, zlib-compressed in parts that begin at a byte offset of the JSON
  text; `payload_refs` links runs to their values, or (with the owner's negative key) a process about to store one.
- `snapshots`: records of big runs (`model/run/snapshot.py`) at the place of the last event folded into each. Derived: a
  reader folds the events after the newest one, and all of them without one.
- `log_segments`: the files of log lines (`store/log_segments.py`) by the place of the event that names each; without an
  entry, the file was removed.
- `removals`: runs whose row is deleted and whose events are to be deleted.
- `plans`: compiled plans by hash. `owners`: processes that run something. `signals`: requests between processes.
- `notifications`: notifications sent for each run, so that one process sends each.
- `chores`: maintenance leases: when one process last took the lease, and the report of the work.

Runs have an integer `key`, so that an event row does not repeat the run's id. Times are milliseconds since 1970, UTC.
"""

APPLICATION_ID = 0x77667475
"""`wftu`, in the file's header: identifies a database of wftui."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE executions (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        workflow_id TEXT NOT NULL,
        status TEXT NOT NULL,
        user_id TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        completed_at INTEGER,
        duration REAL,
        warnings INTEGER NOT NULL DEFAULT 0,
        parent_id TEXT,
        owner INTEGER,
        waiting TEXT,
        workflow_version TEXT NOT NULL,
        workflow_hash TEXT NOT NULL,
        plan TEXT,
        error TEXT
    );
    CREATE INDEX executions_by_status ON executions (status, created_at, id);
    CREATE INDEX executions_by_workflow ON executions (workflow_id, status, created_at, id);
    CREATE INDEX executions_by_user ON executions (user_id, status, created_at, id);
    CREATE INDEX executions_by_parent ON executions (parent_id, status, created_at, id) WHERE parent_id IS NOT NULL;
    CREATE TABLE events (
        place INTEGER PRIMARY KEY,
        type INTEGER NOT NULL,
        at INTEGER NOT NULL,
        data NOT NULL
    );
    CREATE TABLE payloads (
        hash TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL,
        complete INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE payload_parts (
        hash TEXT NOT NULL,
        start INTEGER NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (hash, start)
    );
    CREATE TABLE payload_refs (
        hash TEXT NOT NULL,
        execution INTEGER NOT NULL,
        PRIMARY KEY (hash, execution)
    ) WITHOUT ROWID;
    CREATE INDEX payload_refs_by_execution ON payload_refs (execution);
    CREATE TABLE removals (execution INTEGER PRIMARY KEY);
    CREATE TABLE plans (
        hash TEXT PRIMARY KEY,
        source BLOB NOT NULL,
        code BLOB NOT NULL,
        used_at INTEGER NOT NULL
    );
    CREATE TABLE owners (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        pid INTEGER NOT NULL,
        started REAL NOT NULL,
        boot_id TEXT NOT NULL,
        host TEXT NOT NULL,
        heartbeat_at INTEGER NOT NULL,
        UNIQUE (pid, started, boot_id, host)
    );
    CREATE TABLE signals (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        execution_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        payload TEXT NOT NULL,
        created_at INTEGER NOT NULL
    );
    CREATE INDEX signals_by_execution ON signals (execution_id);
    """,
    # Before this version only the waiting event (type 8) of the parent step named the run that the step started. The
    # cross joins and the + hold SQLite to the events of each parent: it would read those of all runs for each.
    """
    ALTER TABLE executions ADD COLUMN parent_path TEXT;
    CREATE TEMP TABLE asked (child TEXT PRIMARY KEY, path TEXT) WITHOUT ROWID;
    INSERT OR REPLACE INTO asked
    SELECT * FROM (
        SELECT
            CASE typeof(data) WHEN 'text' THEN json_extract(data, '$.waiting.childId') END AS child,
            CASE typeof(data) WHEN 'text' THEN json_extract(data, '$.path') END AS path
        FROM (SELECT DISTINCT parent_id AS id FROM executions WHERE parent_id IS NOT NULL) AS started
        CROSS JOIN executions AS parent ON parent.id = started.id
        CROSS JOIN events ON place > parent.key << 32 AND place < (parent.key + 1) << 32
        WHERE +type = 8
    )
    WHERE child IS NOT NULL;
    UPDATE executions SET parent_path = (SELECT path FROM asked WHERE child = executions.id)
    WHERE parent_id IS NOT NULL;
    DROP TABLE asked;
    CREATE TABLE chores (
        name TEXT PRIMARY KEY,
        begun_at INTEGER NOT NULL,
        report TEXT
    ) WITHOUT ROWID
    """,
    # Index whether a step started a run, so that lists find or skip such runs without reading each row.
    """
    DROP INDEX executions_by_status;
    DROP INDEX executions_by_workflow;
    DROP INDEX executions_by_user;
    DROP INDEX executions_by_parent;
    CREATE INDEX executions_by_status ON executions (status, parent_path IS NULL, created_at, id);
    CREATE INDEX executions_by_workflow
        ON executions (workflow_id, status, parent_path IS NULL, created_at, id, user_id);
    CREATE INDEX executions_by_user ON executions (user_id, status, parent_path IS NULL, created_at, id);
    CREATE INDEX executions_by_parent
        ON executions (parent_id, status, parent_path IS NULL, created_at, id) WHERE parent_id IS NOT NULL
    """,
    # A key of the user makes it safe to repeat a start: there is one run of it.
    """
    ALTER TABLE executions ADD COLUMN start_key TEXT;
    CREATE UNIQUE INDEX executions_by_start_key ON executions (user_id, start_key) WHERE start_key IS NOT NULL
    """,
    """
    CREATE TABLE snapshots (
        place INTEGER PRIMARY KEY,
        reducer INTEGER NOT NULL,
        data BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE notifications (
        execution INTEGER NOT NULL,
        subject TEXT NOT NULL,
        PRIMARY KEY (execution, subject)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE log_segments (
        place INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        bytes INTEGER NOT NULL
    );
    CREATE INDEX log_segments_by_hash ON log_segments (hash)
    """,
    """
    CREATE TABLE concurrency (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        group_name TEXT NOT NULL,
        execution INTEGER NOT NULL UNIQUE
    );
    CREATE INDEX concurrency_by_group ON concurrency (group_name, key)
    """,
    # The history sorted by duration; runs without one are the shortest.
    "CREATE INDEX executions_by_duration ON executions (ifnull(duration, -1), id)",
)

VERSION = len(MIGRATIONS)


def place(key: int, seq: int) -> int:
    """Return the primary key of an event in the table `events`."""
    return (key << 32) + seq
