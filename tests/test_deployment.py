"""The two files of the container deployment say what the program knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings
from presswatch.cli.app import app

HOUSE = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((HOUSE / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (HOUSE / "Dockerfile").read_text(encoding="utf-8")
OURS = ("scheduler", "worker", "web")


def commands() -> set[str]:
    return {command.name or "" for command in app.registered_commands}


def test_it_has_the_parts_that_the_readme_promises() -> None:
    assert set(COMPOSE["services"]) == {"database", "scheduler", "worker", "web", "mail"}
    assert COMPOSE["services"]["worker"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", OURS)
def test_each_role_is_a_command_with_a_health_check_and_no_privileges(name: str) -> None:
    service = COMPOSE["services"][name]

    assert service["command"][0] == "presswatch" and service["command"][1] in commands()
    assert service["healthcheck"]["test"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_known(name: str) -> None:
    known = {f"PRESSWATCH_{field.upper()}" for field in Settings.__dataclass_fields__}
    given = {key.removesuffix("_FILE") for key in COMPOSE["services"][name]["environment"]}

    assert given <= known


def test_secrets_and_volumes_that_are_used_are_there() -> None:
    services = COMPOSE["services"].values()
    used = {secret for service in services for secret in service.get("secrets", ())}
    volumes = {mount.split(":")[0] for service in services for mount in service.get("volumes", ())}

    assert (used, volumes) == (set(COMPOSE["secrets"]), set(COMPOSE["volumes"]))


def test_the_image_runs_as_nobody_special_and_installs_only_what_is_hashed() -> None:
    assert re.search(r"^USER presswatch$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.count("FROM ") == 2
