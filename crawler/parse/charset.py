"""Bytes to text. Publishers mislabel their pages, Chinese ones most of all, so a label is believed only where it fits.

Order: byte order mark; valid UTF-8 with enough proof in it; the labels, those of East Asia first; UTF-8 with a few
damaged bytes; the East Asian code whose commonest characters appear; the label in spite of errors; Windows-1252.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from crawler.parse.plain import clean

Markup = Literal["xml", "html"]

# Only text encodings that the web uses; Python also knows zlib, idna, unicode_escape and UTF-7, which attack a reader.
_TAKEN_AS_NAMED: Final = """
    utf-8 gb18030 big5hkscs cp932 cp949 cp874 euc_jp iso2022_jp hz koi8-r koi8-u mac-roman mac-cyrillic cp866
    cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 iso8859-15
    iso8859-16
"""
_CODECS: Final = {name: name for name in _TAKEN_AS_NAMED.split()} | {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift_jis-2004": "cp932",
    "euc_kr": "cp949",
}
_ALIASES: Final = {
    "x-gbk": "gbk",
    "gb_2312-80": "gbk",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "utf8mb4": "utf-8",
    "x-user-defined": "cp1252",
    "unicode": "utf-8",
}
# A label that we could read in one-byte characters cannot mean two bytes a character.
_WIDE: Final = re.compile(r"utf-?(16|32)|ucs-?[24]|iso-10646")
_EAST_ASIAN: Final = ("gb18030", "big5hkscs", "cp932", "cp949", "euc_jp")
_LABEL: Final = rb"[A-Za-z0-9_.:+\-]{1,40}"
_HTTP_CHARSET: Final = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([^\s;\"']{1,60})", re.IGNORECASE)
_XML_ENCODING: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"'](" + _LABEL + rb")[\"']")
_META_CHARSET: Final = re.compile(
    rb"<(?:meta|\?xml)\s[^>]{0,400}?(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?\s{0,9}(" + _LABEL + rb")",
    re.IGNORECASE,
)
_META_WITHIN: Final = 8192
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WITHOUT_BOM: Final = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# UTF-8 read as Latin-1 and encoded again by the publisher: only there do C1 controls follow these letters.
_TWICE_ENCODED: Final = re.compile("[\xe2-\xef][\x80-\x9f][\x80-\xbf]|[\xe2-\xef][\x80-\xbf][\x80-\x9f]")
_ASCII: Final = bytes(range(128))
_PROOF_BYTES: Final = 12
"""Four Han characters of valid UTF-8: fewer may also be GBK by accident."""
_DAMAGE_ALLOWED: Final = 0.02
"""Share of unreadable among the non-ASCII bytes; cut-off titles damage one character, a wrong code nearly all."""
_PLAUSIBLE: Final = 0.45
_IMPLAUSIBLE: Final = 0.2
"""Share of common characters: running text has .8 and more, traditional characters in GBK .5, a wrong code .1."""
_SAMPLE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    codec: str
    warnings: tuple[str, ...] = ()


def decode(body: bytes, *, content_type: str | None, encoding: str | None, markup: Markup) -> Decoded:
    """``encoding`` is what the operator says of a source that lies. Never fails: what is unreadable becomes U+FFFD."""
    labels = list(_labels(body, content_type, markup))
    declared = [codec for label in labels if (codec := codec_of(label))]
    named = codec_of(encoding) if encoding else None
    codec = _by_first_bytes(body) or _fitting(body, [named, *declared] if named else declared)
    text = body.decode(codec, "replace")
    if codec == "gb18030":
        # A3 A0 is what old Chinese editors indent with; the standard has no character there.
        text = text.replace("\ue5e5", "\u3000")
    kept = _TWICE_ENCODED.sub(_once, clean(text.lstrip("\ufeff")))
    return Decoded(kept, codec, tuple(_complaints(text, codec, labels, [*declared, named])))


def _once(match: re.Match[str]) -> str:
    return match[0].encode("latin-1").decode("utf-8", "replace")


def codec_of(label: str) -> str | None:
    """The Python codec that reads what the web calls ``label``; None for nonsense and for codecs that are no text."""
    name = label.strip().lower()[:60]
    if _WIDE.search(name):
        return "utf-8"
    try:
        return _CODECS.get(codecs.lookup(_ALIASES.get(name, name)).name)
    except (LookupError, ValueError):
        return None


def _labels(body: bytes, content_type: str | None, markup: Markup) -> Iterator[str]:
    if match := _HTTP_CHARSET.search(content_type or ""):
        yield match[1]
    pattern = _XML_ENCODING if markup == "xml" else _META_CHARSET
    if found := pattern.search(body[:_META_WITHIN]):
        yield found[1].decode("ascii")


def _by_first_bytes(body: bytes) -> str | None:
    start = body[:64].lstrip(b" \t\r\n")
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return codec
    return next((codec for mark, codec in _WITHOUT_BOM if start.startswith(mark)), None)


def _fitting(body: bytes, labels: list[str]) -> str:
    high = body.translate(None, _ASCII)
    if not high:
        return next((codec for codec in labels if codec in ("iso2022_jp", "hz")), "utf-8")
    if _damage(body, "utf-8", high) == 0 and (len(high) >= _PROOF_BYTES or not _any_fits(body, labels, high)):
        return "utf-8"
    for codec in sorted(labels, key=lambda label: label not in _EAST_ASIAN and label != "utf-8"):
        if codec not in _EAST_ASIAN and codec != "utf-8":
            # Servers add Latin-1 to everything: ask first whether the bytes are Chinese.
            return (_east_asian(body) or codec) if codec == "cp1252" else codec
        if _damage(body, codec, high) <= _DAMAGE_ALLOWED:
            return codec if codec == "utf-8" else _confirmed(body, codec)
    if _damage(body, "utf-8", high) <= _DAMAGE_ALLOWED:
        return "utf-8"
    return _east_asian(body) or (labels[0] if labels else "cp1252")


def _any_fits(body: bytes, labels: list[str], high: bytes) -> bool:
    return any(codec in _EAST_ASIAN and not _damage(body, codec, high) for codec in labels)


def _damage(body: bytes, codec: str, high: bytes) -> float:
    try:
        body.decode(codec)
    except UnicodeDecodeError:
        return body.decode(codec, "replace").count("\ufffd") / len(high)
    return 0.0


def _east_asian(body: bytes) -> str | None:
    """The code in which the text shows the commonest characters of its script, if in one they stand out."""
    sample = _sample(body)
    best = max(_EAST_ASIAN, key=lambda codec: _plausibility(sample, codec))
    return best if _plausibility(sample, best) >= _PLAUSIBLE else None


def _confirmed(body: bytes, codec: str) -> str:
    """Any bytes are characters in these codes; a label under which only rare ones appear is wrong."""
    return codec if _plausibility(_sample(body), codec) > _IMPLAUSIBLE else _east_asian(body) or codec


def _sample(body: bytes) -> bytes:
    return b"".join(line for line in body[:400_000].splitlines(keepends=True) if not line.isascii())[:_SAMPLE]


def _plausibility(sample: bytes, codec: str) -> float:
    text = sample.decode(codec, "replace")
    letters = [
        c for c in text if c > "\x7f" and not "\u3000" <= c <= "\u303f" and not "\uff00" <= c <= "\uffef"
    ]
    if len(letters) < 2:
        return 0.0
    common = _common(codec)
    return sum(c in common for c in letters) / len(letters)


@lru_cache(maxsize=8)
def _common(codec: str) -> frozenset[str]:
    """GB 2312 level 1, Big5 level 1, kana with JIS level 1, KS X 1001 hangul: each is one run of lead bytes."""
    runs = {
        "gb18030": (range(0xB0, 0xD8), range(0xA1, 0xFF)),
        "big5hkscs": (range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]),
        "cp949": (range(0xB0, 0xC9), range(0xA1, 0xFF)),
        "euc_jp": (range(0xA4, 0xA6), range(0xA1, 0xFF)),
        "cp932": (range(0x82, 0x84), range(0x40, 0xFD)),
    }
    leads, trails = runs[codec]
    pairs = "".join(bytes((lead, trail)).decode(codec, "ignore") for lead in leads for trail in trails)
    return frozenset(c for c in pairs if c > "\x7f")


def _complaints(text: str, codec: str, labels: list[str], declared: list[str | None]) -> Iterator[str]:
    wide = codec.startswith(("utf-16", "utf-32"))
    fits = codec in declared or (wide and any(_WIDE.search(label.lower()) for label in labels))
    # Pure ASCII is right under any label.
    if labels and not fits and not text.isascii():
        yield f"wrong-charset: declared {labels[0][:40]!r}, read as {codec}"
    if "\ufffd" in text:
        yield f"bad-bytes: {text.count(chr(0xFFFD))} unreadable characters under {codec}"
    marks = len(text) - len(text.lstrip("\ufeff"))
    if marks > 1:
        yield "double-bom: more than one byte order mark"
    removed = len(text) - marks - len(clean(text))
    if removed > 0:
        yield f"control-characters: {removed} removed"
