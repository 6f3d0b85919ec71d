"""The workbench of a server over HTTP, for `wftui --remote URL`.

It implements `wftui.workbench.protocols`. With `wftui.api` the only room that knows the routes of `wftui serve`; it
imports nothing of the server, and httpx2 only at the first request.

- `remote_workbench`: the services and their connection. `access`: URL and token.
- `remote_runs`, `remote_records`, `remote_workflows`, `remote_reports`: one service each.
- `following`: the event stream of a run, which outlives lost connections.
- `connection`: requests and their errors. `errors`: problem details as the errors that the local workbench raises.
"""
