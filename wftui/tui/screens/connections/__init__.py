"""Connections, the accounts behind them, and stored secrets.

Imports the dialogs and base classes; nothing imports it but the registry of screens.
"""
