"""Commands for settings, keys, connections, schedules, completion, doctor.

Imported by the dispatcher only.
"""
