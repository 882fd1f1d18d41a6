"""Unpacking of answers: bounded, and checked to the last byte. A body that ends early or is damaged is an error.

HTTP libraries unpack without a bound or hand out what a cut stream gave so far; both lose news or memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import brotli
import zstandard

from core.errors import FetchError
from core.types import Outcome

ACCEPTED = "gzip, deflate, br, zstd"
MAX_CODINGS = 2
_GZIP = b"\x1f\x8b"
_STEP = 65536
_MAX_MEMBERS = 1000
"""Each costs a decoder of its own; a file of empty ones would keep a processor busy for minutes."""
# One zstd block of 4 bytes may unpack to 128 KB, and this library unpacks all of what it is given: 256 bytes are 8 MB.
_ZSTD_STEP = 256
_ZSTD_WINDOW = 8 * 1024 * 1024
"""RFC 9659: the window that a client must support and a server must not exceed."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    body: bytes
    warnings: tuple[str, ...] = ()


def unpack(raw: bytes, content_encoding: str, limit: int) -> Unpacked:
    """Undoes the codings of an answer, and of a body that is itself a gzip file. Raises ``FetchError``."""
    codings = [
        name for part in content_encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")
    ]
    if len(codings) > MAX_CODINGS:
        raise _error(
            "bad-encoding", f"the body is packed {len(codings)} times, {MAX_CODINGS} are the limit", "bounded"
        )
    unpacked = Unpacked(raw)
    try:
        for name in reversed(codings):
            unpacked = _undo(name, unpacked, limit)
        if len(codings) < MAX_CODINGS and unpacked.body.startswith(_GZIP):
            unpacked = _undo("gzip", unpacked, limit)
    except _TooMuch:
        raise too_large(limit) from None
    return unpacked


class _TooMuch(Exception):
    """More than may be unpacked."""


def _undo(name: str, packed: Unpacked, limit: int) -> Unpacked:
    if name in ("gzip", "x-gzip"):
        body, rest = _inflate_members(packed.body, limit)
    elif name == "deflate":
        body, end = _inflate(memoryview(packed.body), _deflate_bits(packed.body), limit)
        rest = packed.body[end:]
    elif name == "br":
        body, rest = _collect(_brotli_chunks(packed.body), limit), b""
    elif name == "zstd":
        body, rest = _collect(_zstd_chunks(packed.body), limit), b""
    else:
        raise _error("bad-encoding", f"the body is packed in an unknown way ({name[:20]!r})")
    left = (f"{len(rest):,} unreadable bytes after the packed body were ignored",) if rest else ()
    return Unpacked(body, packed.warnings + left)


def _inflate_members(raw: bytes, limit: int) -> tuple[bytes, bytes]:
    """gzip may be several members in a row (RFC 1952, 2.2); what follows the last is handed back."""
    body, end = _inflate(memoryview(raw), 31, limit)
    parts, size = [body], len(body)
    while raw[end : end + 2] == _GZIP:
        if len(parts) == _MAX_MEMBERS:
            raise _error("bad-encoding", f"the body is packed in more than {_MAX_MEMBERS} pieces", "bounded")
        body, used = _inflate(memoryview(raw)[end:], 31, limit - size)
        parts.append(body)
        size, end = size + len(body), end + used
    return b"".join(parts), raw[end:].lstrip(b"\0")


def _inflate(raw: memoryview, bits: int, limit: int) -> tuple[bytes, int]:
    """The unpacked stream and how much of ``raw`` it took."""
    stream = zlib.decompressobj(bits)
    parts, size, end = [], 0, 0
    while end < len(raw) and not stream.eof:
        piece = raw[end : end + _STEP]
        try:
            parts.append(stream.decompress(piece, limit + 1 - size))
        except zlib.error as exc:
            raise _damaged(exc) from exc
        size, end = size + len(parts[-1]), end + len(piece)
        if size > limit:
            raise _TooMuch
    if not stream.eof:
        raise _cut()
    return b"".join(parts), end - len(stream.unused_data)


def _deflate_bits(raw: bytes) -> int:
    """Both forms are sent under this name: with zlib's header (RFC 1950) and raw."""
    wrapped = len(raw) >= 2 and raw[0] & 15 == 8 and int.from_bytes(raw[:2], "big") % 31 == 0
    return 15 if wrapped else -15


def _brotli_chunks(raw: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    try:
        chunk = stream.process(raw, output_buffer_limit=_STEP)
        while chunk:
            yield chunk
            chunk = b"" if stream.is_finished() else stream.process(b"", output_buffer_limit=_STEP)
    except brotli.error as exc:
        raise _damaged(exc) from exc
    # All of it was given and nothing more comes out: `can_accept_more_data` says yes also while output waits.
    if not stream.is_finished():
        raise _cut()


def _zstd_chunks(raw: bytes) -> Iterator[bytes]:
    view, end = memoryview(raw), 0
    for _ in range(_MAX_MEMBERS):
        stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        try:
            while end < len(view) and not stream.eof:
                yield stream.decompress(view[end : end + _ZSTD_STEP])
                end = min(end + _ZSTD_STEP, len(view))
        except zstandard.ZstdError as exc:
            raise _damaged(exc) from exc
        if not stream.eof:
            raise _cut()
        end -= len(stream.unused_data)
        if end == len(view):
            return
    raise _error("bad-encoding", f"the body is packed in more than {_MAX_MEMBERS} pieces", "bounded")


def _collect(chunks: Iterator[bytes], limit: int) -> bytes:
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _TooMuch
        parts.append(chunk)
    return b"".join(parts)


def too_large(limit: int) -> FetchError:
    return _error("too-large", f"the answer is larger than {limit // 1_000_000 or 1} MB", "bounded")


def _cut() -> FetchError:
    return _error("truncated", "the packed body ends too early")


def _damaged(exc: Exception) -> FetchError:
    return _error("bad-encoding", f"the packed body is damaged ({str(exc).rpartition(': ')[2][:80]})")


def _error(error_class: str, why: str, outcome: Outcome = "transient") -> FetchError:
    return FetchError(why, error_class=error_class, outcome=outcome)
