"""Addresses: which are web addresses, which are the same, and how they may be shown.

Nothing here looks a name up or judges whether an address may be fetched; that is the door's work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

MAX_URL = 4000
"""Longer ones are no addresses of articles; servers refuse them at 8 KB at the latest."""

_PORTS = {"http": 80, "https": 443}
_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_][a-z0-9._-]*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE = "/:@!$&'()*+,;=%~"
_QUERY_SAFE = _PATH_SAFE + "?"

# Parameters that say how a reader came, never what is shown. Names are compared folded.
_TRACKING = re.compile(
    r"utm_.*|spm(_id_from)?|scm|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|twclid|mc_[ce]id|mkt_tok"
    r"|_hs(enc|mi)|vero_id|oly_(enc|anon)_id|_g[al]|ref_src|ref_url|cmp(id)?|ncid|ocid|icid|smid|smtyp|s_cid|ito|xtor"
    r"|at_(medium|campaign|custom\d?|link_.*|format|ptr_name|bbc_team)|wt\.mc_id|hm(sr|pl|cu|kw|ci)|bd_vid|qhclickid"
    r"|share_?(token|from|id|source|medium|plat|uid)|isappinstalled|nsukey|wx_?from|wfr|sudaref|tt_(from|medium)"
)
_SESSION = re.compile(
    r"phpsessid|jsessionid|aspsessionid.*|asp\.net_sessionid|cfid|cftoken|session_?id|sessid"
)
# These also carry page numbers and dates on some sites: only what cannot be one is dropped.
_PERHAPS_ORIGIN = frozenset({"from", "ref", "source"})
_ORIGIN_WORD = re.compile(r"[A-Za-z_]+")
_PERHAPS_SESSION = frozenset({"sid", "session", "s"})
_RANDOM = re.compile(r"(?=.*\d)[0-9A-Za-z]{14,}|[0-9A-Fa-f-]{32,}")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/?#;]*", re.IGNORECASE)
_SECRET = re.compile(
    r"(?i).*(?:key|token|secret|passw(?:or)?d|passwd|pwd|auth|signature|credential|session|jwt).*|sig|sign|code|pass"
)


_NO_NAME = frozenset({"index", "default", "content"})
"""What the file of a page is called when its folder has the name."""
_WORDS = 200


def is_web(url: str) -> bool:
    """True for an http or https address with a host that one may store and show as a link."""
    return _web_parts(url) is not None


def host_of(url: str) -> str:
    """Host in lower case, without port; '' when there is none."""
    parts = _web_parts(url)
    return _host(parts) if parts else ""


def server_of(url: str) -> str:
    """Host, with its port when that is not the usual one: who answers, and must not be asked twice at once."""
    parts = _web_parts(url)
    if parts is None:
        return ""
    usual = parts.port in (None, _PORTS[parts.scheme.lower()])
    return _host(parts) if usual else f"{_host(parts)}:{parts.port}"


def site_of(url: str) -> str:
    """Host without a leading ``www.``: the name under which readers know the site."""
    return host_of(url).removeprefix("www.")


def origin_of(url: str) -> str:
    """Scheme, host and port as one comparable text; '' when it is no web address."""
    parts = _web_parts(url)
    return (
        f"{parts.scheme.lower()}://{_host(parts)}:{parts.port or _PORTS[parts.scheme.lower()]}"
        if parts
        else ""
    )


def words_of(url: str) -> str:
    """What an address says in words, for what has no title yet: the last part of its path that has any, else the host."""
    parts = _web_parts(url)
    if parts is None:
        return ""
    for segment in reversed(parts.path.split("/")):
        text = unquote(segment)
        words = " ".join(re.sub(r"[\W_]+", " ", re.sub(r"\.[A-Za-z]{2,5}$", "", text)).split())
        if "\ufffd" not in text and any(map(str.isalpha, words)) and words.lower() not in _NO_NAME:
            return words[:_WORDS]
    return _host(parts)


def join(base: str, href: str) -> str | None:
    """The link as a browser would follow it from ``base``, without credentials; None when it leads elsewhere than the web."""
    href = re.sub(r"[\t\r\n]", "", href).strip()
    place = re.match(r"[^?#]*", href)
    if place is not None:
        href = (
            re.sub(r"^(https?):/{2,}", r"\1://", place[0].replace("\\", "/"), flags=re.IGNORECASE)
            + href[place.end() :]
        )
    try:
        parts = _web_parts(_BLANK.sub(lambda match: quote(match[0]), urljoin(base, href)))
    except ValueError:
        return None
    link = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts else ""
    return link if is_web(link) else None


def canonical(url: str) -> str:
    """One spelling for all addresses of the same document; idempotent, never raises.

    What is no web address comes back unchanged but for blanks around it.
    """
    url = url.strip()
    parts = _web_parts(url)
    if parts is None:
        return url
    scheme, port = parts.scheme.lower(), parts.port
    authority = _host(parts) if port in (None, _PORTS[scheme]) else f"{_host(parts)}:{port}"
    path = _without_dots(_PATH_SESSION.sub("", _escape(parts.path, _PATH_SAFE))) or "/"
    query = "&".join(_kept(parts.query.split("&")))
    # '#/detail/12' and '#!…' are how script-made sites address their articles; other fragments are places in a page.
    fragment = _escape(parts.fragment, _QUERY_SAFE) if parts.fragment.startswith(("!", "/")) else ""
    return (
        f"{scheme}://{authority}{path}"
        + (f"?{query}" if query else "")
        + (f"#{fragment}" if fragment else "")
    )


def scrub(url: str) -> str:
    """For logs and errors: user names, passwords and secret-looking values hidden, control characters escaped, at most 300."""
    head, mark, rest = url[: 4 * MAX_URL].partition("://")
    if mark:
        end = min((i for i in map(rest.find, "/\\?#") if i >= 0), default=len(rest))
        rest = rest[:end].rpartition("@")[2] + rest[end:]
    text = re.sub(r"([?&;#])([^=&;#?]+)=([^&;#]*)", _hide, head + mark + rest)
    text = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text if len(text) <= 300 else text[:299] + "…"


def _hide(match: re.Match[str]) -> str:
    secret = match[3] and _SECRET.fullmatch(match[2])
    return f"{match[1]}{match[2]}=***" if secret else match[0]


def _web_parts(url: str) -> SplitResult | None:
    url = url.strip()
    if not url[:5].lower().startswith("http") or len(url) > MAX_URL or _BLANK.search(url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in _PORTS and bool(_host(parts)) and parts.port != 0
    except (ValueError, UnicodeError):
        return None
    return parts if usable else None


def _host(parts: SplitResult) -> str:
    """Raises ``ValueError`` for what cannot be a host. Names beyond ASCII become their registered form."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return f"[{host}]"
    host = host if host.isascii() else host.encode("idna").decode("ascii").lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError("no host name")
    return host


def _kept(pieces: Iterable[str]) -> Iterable[str]:
    for piece in pieces:
        spelled = _escape(piece, _QUERY_SAFE)
        name, _, value = spelled.partition("=")
        if spelled and not _is_noise(name.lower(), value):
            yield spelled


def _is_noise(name: str, value: str) -> bool:
    if _TRACKING.fullmatch(name) or _SESSION.fullmatch(name):
        return True
    if name in _PERHAPS_ORIGIN:
        return bool(_ORIGIN_WORD.fullmatch(value))
    return name in _PERHAPS_SESSION and bool(_RANDOM.fullmatch(value))


def _escape(text: str, safe: str) -> str:
    """Escapes what has to be, undoes what need not be, and leaves escapes of other charsets as they are."""
    return quote(_ESCAPE.sub(_plain, text), safe=safe, errors="replace")


def _plain(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4, for absolute paths."""
    if "/." not in path:
        return path
    kept: list[str] = []
    *folders, last = path.split("/")
    for segment in folders[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if last == "..":
        del kept[-1:]
    return "/".join(["", *kept, "" if last in (".", "..") else last])
