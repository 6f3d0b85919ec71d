"""Commands for this machine and user: settings, keys, connections, schedules, completion, doctor.

Imported by the dispatcher only.
"""
