"""Tables in PostgreSQL, beside those of procrastinate, in a schema of their own."""

import hashlib

SCHEMA = "wftui"
"""Schema of all tables; `search_path` of every connection."""
REVISION = 2
"""Goes up when a table changes: programs of different revisions refuse each other."""

LEASE_SECONDS = 6.0
"""A worker without a sign of life for so long is lost: its jobs may be given to others."""
HOLD_SECONDS = 4.0
"""A worker that could not renew its lease for so long stops its jobs, before anyone may have them."""
BEAT_SECONDS = 1.0
"""Time between two signs of life, and between two looks at the jobs of a run."""
KEPT_DAYS = 30
"""Jobs of a run that nobody has looked at for this long are removed."""

DIRECT_BYTES = 7_900
"""A result up to this size comes with the notification of its end (PostgreSQL allows 7,999 bytes)."""

TASK = "wftui"
"""Name of procrastinate's task; its arguments are the id of a job and a claim."""

TABLES = """
create table meta (revision int not null, engine text not null);
create table runs (
  run text primary key,
  seen timestamptz not null default now()
);
create table workers (
  name text primary key,
  host text not null,
  pid int not null,
  pools text[] not null,
  places int not null,
  version text not null,
  key text not null,
  draining boolean not null default false,
  since timestamptz not null default now(),
  seen timestamptz not null default now()
);
create table jobs (
  id text primary key,
  run text not null references runs on delete cascade,
  path text not null,
  number int not null,
  type text not null,
  pool text not null,
  queue text not null,
  version text not null,
  coordinator text not null,
  ticket text not null,
  repeatable boolean not null,
  state text not null default 'queued',
  claim int not null default 1,
  delivery bigint,
  worker text,
  stop int not null default 0,
  refusal text,
  job bytea not null,
  result bytea,
  created timestamptz not null default now(),
  started timestamptz,
  ended timestamptz
);
create index jobs_of_coordinator on jobs (coordinator);
create index jobs_of_worker on jobs (worker) where state = 'running';
create table messages (
  seq bigserial primary key,
  job text not null references jobs on delete cascade,
  sealed bytea not null
);
create index messages_of_job on messages (job, seq);
create table blobs (
  run text not null references runs on delete cascade,
  name text not null,
  sealed bytea not null,
  primary key (run, name)
);
create function take_job(queues text[], engine_worker bigint, me text)
returns table (id text, claim int, run text, path text, repeatable boolean, stop int, job bytea, delivery bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  fetched procrastinate_jobs;
begin
  loop
    fetched := procrastinate_fetch_job_v2(queues::varchar[], engine_worker);
    exit when fetched.id is null;
    return query
      update jobs set state = 'running', worker = me, started = now()
      where jobs.id = fetched.args->>'job' and jobs.claim = (fetched.args->>'claim')::int and jobs.state = 'queued'
      returning jobs.id, jobs.claim, jobs.run, jobs.path, jobs.repeatable, jobs.stop, jobs.job, jobs.delivery;
    exit when found;
    delete from procrastinate_jobs where procrastinate_jobs.id = fetched.id;
  end loop;
end
$$;
"""
"""The state of a job is `queued`, `running`, `lost` (its worker gave it back) or `ended`.

`take_job` fetches a delivery from procrastinate and gives its job to a worker, in one transaction: a worker that dies
at any moment has taken both, or neither. A delivery without a job that waits for it is removed.

A claim is one delivery of a job to a worker. What a worker writes names its claim, so that nothing of an earlier one is
taken once the job has been given to another worker.
"""


def queue_name(pool: str, version: str, key: str) -> str:
    """Return the queue of a pool for one version of wftui and one key.

    Workers with others never see a job that they could not do. Names of channels in PostgreSQL have 63 bytes, of which
    procrastinate takes 23, so that a pool's name is cut.
    """
    return f"{pool[:20]}-{hashlib.sha256(f'{pool} {version} {key}'.encode()).hexdigest()[:16]}"
