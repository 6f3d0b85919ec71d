"""The contents of a gzip file of one member, with a limit of its size."""

import io
import zlib
from typing import BinaryIO

_CHUNK = 256 * 1024


class PackedFileError(ValueError):
    """The file is not what `gzip` writes at once; the message says why."""


def unpacked(raw: BinaryIO, most: int) -> io.BufferedReader:
    """Return the contents of a gzip file.

    Unlike `gzip.open`, it reads no second member and no padding: millions of empty ones take minutes, and say nothing.

    Args:
        most: limit of the packed bytes.

    Raises:
        PackedFileError: during reading.
    """
    return io.BufferedReader(_Unpacking(raw, most), _CHUNK)


class _Unpacking(io.RawIOBase):
    def __init__(self, raw: BinaryIO, most: int) -> None:
        self._raw = raw
        self._left = most
        self._unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._has_begun = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # only `BufferedReader` calls it
        """Read some bytes into a buffer; return their number, 0 at the end."""
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._read()
            try:
                found = self._unpacker.decompress(packed, len(buffer))
            except zlib.error:
                raise PackedFileError("it is damaged" if self._has_begun else "it is not a run file") from None
            self._has_begun = True
            if found:
                buffer[: len(found)] = found
                return len(found)
            if not packed and not self._unpacker.eof:
                raise PackedFileError("it is truncated")
        if self._unpacker.unused_data or self._raw.read(1):
            raise PackedFileError("something follows its end")
        return 0

    def _read(self) -> bytes:
        packed = self._raw.read(_CHUNK)
        self._left -= len(packed)
        if self._left < 0:
            raise PackedFileError("its packed contents are too big")
        return packed
