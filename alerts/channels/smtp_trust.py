"""Whose certificates count: those of the system and the office's own."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi

from core.errors import ConfigError


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates and names are verified, TLS 1.2 at least. Raises ``ConfigError`` for a file that holds none."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    # A bare container or a new Python on macOS has no certificates at all.
    if not paths.cafile and not (paths.capath and any(Path(paths.capath).iterdir())):
        context.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ConfigError(
                f"{ca_file} cannot be read as certificates ({error.strerror or error}); give a PEM file",
                key="PRESSWATCH_CA_FILE",
            ) from error
    return context
