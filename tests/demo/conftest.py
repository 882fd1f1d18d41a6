from datetime import UTC, datetime

import httpx
import pytest

OPENED = datetime(2026, 3, 27, 4, 0, tzinfo=UTC)


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = OPENED

    def __call__(self) -> datetime:
        return self.now


class Reader:
    """Reads the newsroom as anybody would."""

    async def __call__(self, url: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(
                url, headers={key.replace("_", "-"): value for key, value in headers.items()}
            )


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def read() -> Reader:
    return Reader()
