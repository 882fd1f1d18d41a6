from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="session")
def watch_pack() -> Mapping[str, Any]:
    pack: dict[str, Any] = yaml.safe_load((files("config") / "watches.yaml").read_text("utf-8"))
    return pack


@pytest.fixture(scope="session")
def source_pack() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((files("config") / "sources.yaml").read_text("utf-8"))[
        "sources"
    ]
    return rows
