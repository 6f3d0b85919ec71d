"""Compilations remembered between processes, in the user's private folder.

May import the workspace and what stands below it, and executes a module of the compiler; imports nothing heavy.

- `surroundings`: a digest of everything besides the workspace that a compilation depends on.
- `entries`: what is remembered of one workflow; `memory`: the file of a workspace's entries.
- `unchanged`: answers about unchanged workflows without the compiler.
"""
