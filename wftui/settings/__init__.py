"""The user's settings: their keys, the settings file and edits to it.

May import `workspace` and `model`. Reading stays cheap for start-up: the TOML parser is imported only if the file
exists, the TOML writer only for an edit.

- `keys`: the settings and their values; `settings_file`: read and check the file; `edit`: change it in place.
"""
