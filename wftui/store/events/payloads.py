"""Big values: stored once per content, in compressed parts for paging.

A value is written before the event that refers to it, in small transactions, so that not even 100 MB block other
writers. A part begins at a byte offset of the value's JSON text and is complete UTF-8.
"""

import asyncio
import hashlib
import sqlite3
import zlib

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import NotFoundError
from wftui.model.json.incremental import BIG_TEXT, read_json
from wftui.model.json.writing import encode_pieces
from wftui.model.run.steps import ValueRef
from wftui.runtime.json_values import REFERENCE_KEY
from wftui.store.sqlite.reader import Reader

PAYLOAD_BYTES = 16 * 1024
"""A value with a longer JSON text is stored outside its event."""
PREVIEW_LENGTH = 200
_PART_BYTES = 256 * 1024
_WORTH = 0.7  # of its size; data that compresses worse (such as base64) also takes longest to compress
_TRIED_EVERY = 16  # parts
_COMPRESSION = 1  # three times as fast as the default, for an eighth more bytes


@dataclass(frozen=True, slots=True)
class Payload:
    """A value ready to be written.

    Attributes:
        size: bytes of its JSON text.
        parts: (byte offset, compressed part), in order.
    """

    hash: str
    size: int
    parts: list[tuple[int, bytes]]
    preview: str

    def reference(self) -> dict[str, Json]:
        """Return the reference that replaces the value in an event."""
        return ValueRef(hash=self.hash, bytes=self.size, preview=self.preview).to_wire()


def pack(value: Json) -> Payload:
    """Encode, hash and compress a checked value; too slow for the event loop."""
    digest = hashlib.sha256()
    parts: list[tuple[int, bytes]] = []
    pending = bytearray()
    start = total = 0
    preview = ""

    level = _COMPRESSION

    def close_part() -> None:
        nonlocal start, level
        if len(parts) % _TRIED_EVERY == 0:
            level = _COMPRESSION
        data = zlib.compress(pending, level)
        if len(data) > len(pending) * _WORTH:
            level = 0
        parts.append((start, data))
        start = total
        pending.clear()

    for piece in encode_pieces(value):
        digest.update(piece)
        if len(preview) < PREVIEW_LENGTH:
            preview = (preview + piece[: 4 * PREVIEW_LENGTH].decode(errors="ignore"))[:PREVIEW_LENGTH]
        pending += piece
        total += len(piece)
        if len(pending) >= _PART_BYTES:
            close_part()
    if pending:
        close_part()
    return Payload(f"sha256:{digest.hexdigest()}", total, parts, preview)


def decode_pieces(pieces: list[str]) -> Json:
    """Return the value of a JSON text given in pieces; too slow for the event loop."""
    return read_json("".join(pieces))


def as_reference(value: Json) -> ValueRef | None:
    """Return the reference that a leaf of a stored event or record is, or None.

    A user's object with the key `$value` is never inline: the writer stores it as a payload.
    """
    if not isinstance(value, dict) or value.keys() != {REFERENCE_KEY, "bytes", "preview"}:
        return None
    return ValueRef(hash=value[REFERENCE_KEY], bytes=value["bytes"], preview=value["preview"])


def is_big(value: Json) -> bool:
    """Return whether a leaf of an event refers to a value that is slow to read."""
    reference = as_reference(value)
    return reference is not None and reference.bytes > BIG_TEXT


def begin(connection: sqlite3.Connection, payload: Payload, owner: int) -> bool:
    """Announce a payload; return False when it is already stored.

    Until `refer`, the process itself holds a reference to it.
    """
    connection.execute(
        "INSERT OR IGNORE INTO payloads (hash, bytes, complete) VALUES (?, ?, 0)", (payload.hash, payload.size)
    )
    connection.execute("INSERT OR IGNORE INTO payload_refs (hash, execution) VALUES (?, ?)", (payload.hash, -owner))
    row = connection.execute("SELECT complete FROM payloads WHERE hash = ?", (payload.hash,)).fetchone()
    return not row[0]


def write_parts(connection: sqlite3.Connection, payload: Payload, parts: list[tuple[int, bytes]]) -> None:
    """Write some parts; parts that another process wrote of the same value are equal."""
    connection.executemany(
        "INSERT OR IGNORE INTO payload_parts (hash, start, data) VALUES (?, ?, ?)",
        [(payload.hash, start, data) for start, data in parts],
    )


def finish(connection: sqlite3.Connection, payload: Payload) -> None:
    """Declare a payload complete."""
    connection.execute("UPDATE payloads SET complete = 1 WHERE hash = ?", (payload.hash,))


def refer(connection: sqlite3.Connection, payload_hash: str, execution: int, owner: int) -> None:
    """Record that a run needs a payload; drop the reference of the writing process."""
    connection.execute("INSERT OR IGNORE INTO payload_refs (hash, execution) VALUES (?, ?)", (payload_hash, execution))
    connection.execute("DELETE FROM payload_refs WHERE hash = ? AND execution = ?", (payload_hash, -owner))


async def read_value(reader: Reader, payload_hash: str) -> Json:
    """Return a whole value.

    Raises:
        NotFoundError: the database does not, or no longer, hold it.
    """
    parts = await reader.rows(
        "SELECT data FROM payload_parts WHERE hash = ? AND EXISTS (SELECT 1 FROM payloads WHERE hash = ? AND complete)"
        " ORDER BY start",
        (payload_hash, payload_hash),
    )
    compressed = [row[0] for row in parts]
    if not compressed:
        raise NotFoundError(f"the value {payload_hash} is not in the database", code="value.not_found")
    return await asyncio.to_thread(lambda: decode_pieces([zlib.decompress(part).decode() for part in compressed]))


async def is_of_run(reader: Reader, payload_hash: str, run_id: str) -> bool:
    """Return whether a run refers to a value."""
    return bool(
        await reader.rows(
            "SELECT 1 FROM payload_refs WHERE hash = ? AND execution = (SELECT key FROM executions WHERE id = ?)",
            (payload_hash, run_id),
        )
    )


async def read_text(reader: Reader, payload_hash: str, offset: int) -> tuple[str, int | None]:
    """Return a part of a value's JSON text, for paging.

    Args:
        offset: in bytes: 0, or the offset that an earlier call returned.

    Returns:
        About a quarter of a megabyte of text, and the offset of the next part (None at the end).
    """
    rows = list(
        await reader.rows(
            "SELECT start, data FROM payload_parts WHERE hash = ? AND start >= ? ORDER BY start LIMIT 2",
            (payload_hash, offset),
        )
    )
    if not rows:
        raise NotFoundError(f"the value {payload_hash} is not in the database", code="value.not_found")
    text = zlib.decompress(rows[0][1]).decode()
    return text, rows[1][0] if len(rows) > 1 else None


async def values_of(reader: Reader, run_id: str) -> list[str]:
    """Return the hashes of the big values that a run refers to."""
    rows = await reader.rows(
        "SELECT hash FROM payload_refs WHERE execution = (SELECT key FROM executions WHERE id = ?) ORDER BY hash",
        (run_id,),
    )
    return [str(row[0]) for row in rows]
