"""The HTTP server: a frontend over the workbench, without logic of its own.

The only room that knows starlette and uvicorn (the extra `wftui[serve]`); `wftui serve` alone imports it.

- `server`: the socket, the end of the server, signals. `app`: the application over a workbench.
- `routes`: the table of endpoints, from which `openapi` makes the document.
- `run_endpoints`, `workflow_endpoints`: one function per endpoint. `event_stream`: server-sent events.
- `call`: one request: its token, its body, the runs it may see. `bodies`: the models of requests.
- `answer_cache`: bodies made before, for as long as nothing has changed.
- `gate`: tokens, hosts and origins, before any route. `problems`: errors as problem details (RFC 9457).
"""
