"""The user's settings: what can be set, the file it stands in, and changing that file.

Imports the workspace's way to write files, and the model. Reading imports nothing that a start can do without: the
TOML parser only when there is a file, the TOML writer only when something is changed.
"""
