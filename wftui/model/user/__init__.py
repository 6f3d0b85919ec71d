"""User data: name, settings, access tokens, connected accounts.

Imports `model.base`; imported by the workbench, settings, connections and the frontends.
"""
