"""Compiled plans of runs: source and code by hash, for a resume."""

import hashlib
import sqlite3
import zlib

from wftui.model.errors import NotFoundError
from wftui.store.sqlite.reader import Reader


def plan_hash(source: str, code: str) -> str:
    """Return the hash that names a plan."""
    digest = hashlib.sha256(source.encode())
    digest.update(b"\x00")
    digest.update(code.encode())
    return f"sha256:{digest.hexdigest()}"


def put(connection: sqlite3.Connection, source: str, code: str, now: int) -> None:
    """Store a plan, once."""
    connection.execute(
        "INSERT INTO plans (hash, source, code, used_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (hash) DO UPDATE SET used_at = max(used_at, excluded.used_at)",
        (plan_hash(source, code), zlib.compress(source.encode()), zlib.compress(code.encode()), now),
    )


async def get(reader: Reader, name: str) -> tuple[str, str]:
    """Return source and code of a plan.

    Raises:
        NotFoundError: the database does not hold it.
    """
    rows = await reader.rows("SELECT source, code FROM plans WHERE hash = ?", (name,))
    if not rows:
        raise NotFoundError(f"the plan {name} is not in the database", code="plan.not_found")
    return zlib.decompress(rows[0][0]).decode(), zlib.decompress(rows[0][1]).decode()
