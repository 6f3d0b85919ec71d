"""Connections, secret references, and the redaction of everything stored or shown.

May import `workspace`, `runtime` and `model`.

- `connections`: the connections in the user's folder; `connection_kinds`: the fields of each kind.
- `secret_references`, `secret_store`: where a secret comes from.
- `own_secrets`: those of wftui itself.
- `redaction`, `matcher`, `secret_forms`: find secrets in values and mask them.
- `private_files`, `connection_errors`: files readable by their owner only; `ConnectionsError`.
"""
