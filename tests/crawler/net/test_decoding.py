"""Unpacking is bounded and ends exactly where the packed stream says."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FetchError
from crawler.decoding import Unpacked, unpack

BODY = "第十届论坛在北京开幕。The forum opened. ".encode() * 40
LIMIT = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACKERS = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstd),
]


def failure(raw: bytes, coding: str, limit: int = LIMIT) -> tuple[str, str]:
    with pytest.raises(FetchError) as caught:
        unpack(raw, coding, limit)
    return caught.value.error_class, caught.value.outcome


@pytest.mark.parametrize(("coding", "pack"), PACKERS)
def test_what_was_packed_comes_back(coding: str, pack: object) -> None:
    assert unpack(pack(BODY), coding, LIMIT) == Unpacked(BODY)  # type: ignore[operator]


@pytest.mark.parametrize(("coding", "pack"), PACKERS)
def test_a_body_that_ends_early_is_an_error(coding: str, pack: object) -> None:
    packed = pack(BODY)  # type: ignore[operator]

    assert failure(packed[:-5], coding) == ("truncated", "transient")


@pytest.mark.parametrize(("coding", "pack"), PACKERS)
def test_a_bomb_is_cut_at_the_limit(coding: str, pack: object) -> None:
    packed = pack(bytes(5_000_000))  # type: ignore[operator]

    assert failure(packed, coding, 100_000) == ("too-large", "bounded")


def test_gzip_members_in_a_row_are_one_body() -> None:
    assert unpack(gzip.compress(BODY[:100]) + gzip.compress(BODY[100:]), "gzip", LIMIT) == Unpacked(BODY)


def test_zstd_frames_in_a_row_are_one_body() -> None:
    assert unpack(zstd(BODY[:100]) + zstd(BODY[100:]), "zstd", LIMIT) == Unpacked(BODY)


def test_members_together_are_bounded_too() -> None:
    assert failure(gzip.compress(bytes(60_000)) * 2, "gzip", 100_000) == ("too-large", "bounded")


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("zstd", zstd)])
def test_endless_empty_members_are_refused(coding: str, pack: object) -> None:
    assert failure(pack(b"") * 20_000, coding) == ("bad-encoding", "bounded")  # type: ignore[operator]


def test_garbage_after_the_body_is_a_warning() -> None:
    assert unpack(gzip.compress(BODY) + b"garbage", "gzip", LIMIT) == Unpacked(
        BODY, ("7 unreadable bytes after the packed body were ignored",)
    )


def test_a_wrong_checksum_is_damage() -> None:
    assert failure(gzip.compress(BODY)[:-8] + bytes(8), "gzip") == ("bad-encoding", "transient")


def test_two_codings_are_undone_and_three_are_refused() -> None:
    twice = gzip.compress(brotli.compress(BODY))

    assert unpack(twice, "br, gzip", LIMIT) == Unpacked(BODY)
    assert failure(gzip.compress(twice), "br, gzip, gzip") == ("bad-encoding", "bounded")


def test_an_unknown_coding_is_an_error() -> None:
    assert failure(BODY, "x-strange") == ("bad-encoding", "transient")


def test_a_gzip_file_is_unpacked_without_being_called_packed() -> None:
    assert unpack(gzip.compress(BODY), "", LIMIT) == Unpacked(BODY)


@given(
    st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "identity", ""])
)
def test_any_bytes_unpack_or_are_a_fetch_error(raw: bytes, coding: str) -> None:
    try:
        assert len(unpack(raw, coding, 10_000).body) <= 10_000
    except FetchError as error:
        assert error.outcome in ("transient", "bounded")
