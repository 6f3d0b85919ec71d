"""Runs a plan: executor, scheduler, step context, recovery. Emits events; knows no screen, terminal or HTTP."""
