"""User data: name, home folder, settings, access tokens, connected accounts.

Imports `model.base`; imported by the workbench, settings, connections and the frontends.
"""
