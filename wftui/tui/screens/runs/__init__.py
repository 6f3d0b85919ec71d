"""One run: its inputs, the monitor, its values, reruns, missing requirements.

Imports the dialogs, the base classes and the editor's commands; nothing imports it but the app.
"""
