"""What the web may change, wired: the rules of a pack come from ``config``, which the web itself does not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from config.pack import check_subscription, dump_sources, read_source
from core.types import Source
from presswatch.compose import House
from web.office import Office


def office_of(house: House, *, on_loopback: bool) -> Office:
    return Office(
        people=house.people,
        library=house.library,
        watching=house.watching,
        sourcing=house.sourcing,
        digesting=house.digesting,
        read_source=source_of,
        keys_of=keys_of,
        check_digest=check_subscription,
        on_loopback=on_loopback,
    )


def source_of(keys: Mapping[str, Any]) -> Source:
    """Read like a source of a pack."""
    return read_source(yaml.safe_dump({"sources": [dict(keys)]}, allow_unicode=True, sort_keys=False))


def keys_of(source: Source) -> dict[str, Any]:
    (keys,) = yaml.safe_load(dump_sources([source]))["sources"]
    return dict(keys)
