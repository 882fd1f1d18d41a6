"""(being written)"""
from __future__ import annotations

import hashlib

from core.text import title_key


def shingles(title: str, text: str) -> frozenset[int]:
    key = title_key(text) or title_key(title)
    return frozenset(int.from_bytes(hashlib.blake2b(key[i:i+6].encode(), digest_size=8).digest(), "big", signed=True) for i in range(max(1, len(key) - 5)))

def signature(s: frozenset[int]) -> tuple[int, ...]:
    return tuple(min((x * (2*i+3) ^ (x >> (i % 31))) & (2**63-1) for x in s) for i in range(24))

def bands(sig: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(hash((i, sig[i], sig[i+1])) & (2**62-1) for i in range(0, len(sig), 2))

def same_report(a: frozenset[int], b: frozenset[int], common: frozenset[int]) -> bool:
    a, b = a - common, b - common
    return bool(a and b) and len(a & b) >= 0.5 * min(len(a), len(b))
