"""The MCP server: workflows as tools of agents, over the workbench.

The extra `wftui[mcp]`; `wftui mcp serve` alone imports it.

- `stdio`: serves one client over stdin and stdout. `http`: serves many with the tokens of `wftui serve`.
- `server`: the handlers of the protocol, the tools and their calls.
- `workflow_calls`: a run per call, with progress, questions, hand-back and abort. `questions`: approvals as the
  protocol asks them. `progress`: the fold of a run's events.
- `run_tools`: status, steps, log, history, cancel. `author_tools`: step types, checks of a source, writing one.
  `resources`: runs, logs, workflows, step types and pages by address. `pages`: the documentation for authors.
- `descriptions`: tools as a model reads them. `results`: runs as a model reads them. `caller`: who asks.
"""
