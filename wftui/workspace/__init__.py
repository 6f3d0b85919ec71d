"""The workspace (`tables/`) on disk; may import `model` only.

- `locate`: find the workspace and the database; `shipped`: the example workflows.
- `files`: read and write workflows; `new_workflow`: source of a new workflow.
- `generated`: the one writer of generated files; `regular`: read files, not pipes.
- `atomic`, `temporary_file`: replace files atomically; `drafts`: unsaved text of editors.
- `private`: files and folders that only the user may read.
- `workspace_errors`: `WorkspaceError` and the messages of operating system errors.
"""
