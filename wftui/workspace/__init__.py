"""The workspace (`tables/`) on disk; may import `model` only.

- `locate`: find the workspace and the database; `shipped`: the example workflows.
- `files`: read and write workflows; `new_workflow`: source of a new workflow.
- `generated`: the one writer of generated files; `atomic`: replace files atomically; `regular`: read files, not pipes.
- `private`: files and folders that only the user may read; `drafts`: unsaved text of editors.
- `workspace_errors`: `WorkspaceError` and the messages of operating system errors.
"""
