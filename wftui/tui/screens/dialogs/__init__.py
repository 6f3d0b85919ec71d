"""General dialogs: confirm, prompt, paste, help.

They know no workbench. Any screen may open them.
"""
