"""The MCP server: workflows as tools of agents, over the workbench.

The extra `wftui[mcp]`; `wftui mcp serve` alone imports it.

- `stdio`: serves one client over stdin and stdout.
- `server`: the handlers of the protocol, the tools and their calls.
- `workflow_calls`: a run per call, with progress, hand-back and abort.
- `run_tools`: status, steps, log, history, cancel. `author_tools`: step types, and checks of a source.
  `resources`: runs, logs and workflows by address.
- `descriptions`: tools as a model reads them. `results`: runs as a model reads them. `caller`: who asks.
"""
