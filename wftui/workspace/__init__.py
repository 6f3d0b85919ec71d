"""The workspace (`tables/`) on disk; may import `model` only.

- `locate`: find the workspace and the database; `shipped`: the example workflows.
- `files`: read and write workflows; `atomic`: replace files atomically; `new_workflow`: source of a new workflow.
- `workspace_errors`: `WorkspaceError` and the messages of operating system errors.
"""
