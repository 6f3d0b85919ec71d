"""Cached compilations, in the user's private folder.

May import the workspace and the layers below it, and executes a module of the compiler; imports nothing heavy.

- `fingerprint`: a digest of everything besides the workspace that a compilation depends on.
- `entries`: the cache entry of one workflow; `cache_file`: the file with the entries of a workspace.
- `unchanged`: answers about unchanged workflows without the compiler.
"""
