"""Output to terminals and pipes that may stop being read; used by both frontends.

Imports nothing of the package.

- `output_thread`: writes from a thread of its own, so that no event loop waits for a reader.
"""
