"""Leaf steps on other machines: jobs in PostgreSQL, and the workers that do them.

Imports `engine` and below; the workbench and the command line import it, when a pool is used. The queue and its
delivery are procrastinate's; results, messages and claims are tables of ours beside it.

- `worker` < `job_run` < `worker_context` < `worker_run`: the process of a worker, its jobs, and what it keeps of a run;
  `lease`: its sign of life; `leftovers`: processes of dead workers; `blob_cache`: files by content.
- `remote_work` < `remote_attempt` < `coordinator`, `job_making` < `job_files`: steps of pools, seen from the process of
  the run.
- `listing`: the workers that live.
- `database`, `tables`, `jobs`, `sealing`, `workers_errors`: what both sides share.
"""
