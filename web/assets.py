"""Static files, read once at the start and named by their content, so that a browser may keep each for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    path: str
    """As linked: /static/desk.0123456789ab.css"""
    body: bytes
    media_type: str


def load_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """By the name of the file."""
    return {file.name: _asset(file) for file in sorted(folder.iterdir()) if file.suffix in MEDIA_TYPES}


def _asset(file: Path) -> Asset:
    body = file.read_bytes()
    content = hashlib.sha256(body).hexdigest()[:12]
    return Asset(f"/static/{file.stem}.{content}{file.suffix}", body, MEDIA_TYPES[file.suffix])
