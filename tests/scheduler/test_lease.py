"""Who leads, told by a lease that another machine may take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from core.errors import StorageError
from scheduler.lease import LeaseKeeper


@dataclass
class Ward:
    """A lease as a table would keep it, with a clock that the test turns; it expires by its own clock."""

    now: float = 0.0
    owner: str | None = None
    epoch: int = 0
    until: float = 0.0
    broken: bool = False
    asked: list[str] = field(default_factory=list)

    def keeper(self, name: str) -> LeaseKeeper:
        async def acquire() -> int | None:
            self._ask(f"{name} acquires")
            if self.owner not in (None, name) and self.now < self.until:
                return None
            self.owner, self.epoch, self.until = name, self.epoch + 1, self.now + 6
            return self.epoch

        async def renew(epoch: int) -> bool:
            self._ask(f"{name} renews")
            if (self.owner, self.epoch) != (name, epoch):
                return False
            self.until = self.now + 6
            return True

        async def release(epoch: int) -> None:
            self._ask(f"{name} releases")
            if (self.owner, self.epoch) == (name, epoch):
                self.owner = None

        return LeaseKeeper(acquire=acquire, renew=renew, release=release, monotonic=lambda: self.now)

    def _ask(self, what: str) -> None:
        if self.broken:
            raise StorageError("the database does not answer")
        self.asked.append(what)


def beat(*keepers: LeaseKeeper) -> list[bool]:
    return [asyncio.run(keeper.beat()) for keeper in keepers]


def test_first_to_ask_leads_and_the_second_stands_by() -> None:
    ward = Ward()
    one, two = ward.keeper("one"), ward.keeper("two")

    assert beat(one, two) == [True, False]
    assert (one.epoch, two.epoch) == (1, None)


def test_lease_is_renewed_every_two_seconds_and_not_at_every_beat() -> None:
    ward = Ward()
    keeper = ward.keeper("one")

    for ward.now in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0):
        beat(keeper)

    assert ward.asked == ["one acquires", "one renews", "one renews"]


def test_standby_takes_over_within_eight_seconds_of_a_crash() -> None:
    ward = Ward()
    one, two = ward.keeper("one"), ward.keeper("two")
    beat(one, two)

    taken_at = next(second for second in range(1, 20) if _at(ward, float(second), two))

    assert taken_at < 8
    assert two.epoch == 2


def test_leader_that_was_paused_claims_nothing_when_it_wakes() -> None:
    ward = Ward()
    one, two = ward.keeper("one"), ward.keeper("two")
    beat(one)
    ward.now = 10.0
    beat(two)

    assert (one.held, one.epoch) == (False, None)
    assert beat(one) == [False]
    assert (two.held, two.epoch) == (True, 2)


def test_paused_leader_goes_on_when_nobody_took_over() -> None:
    ward = Ward()
    one = ward.keeper("one")
    beat(one)
    ward.now = 10.0

    assert one.held is False
    assert beat(one) == [True]
    assert one.epoch == 1


def test_loser_asks_again_and_gets_a_new_epoch() -> None:
    ward = Ward()
    one, two = ward.keeper("one"), ward.keeper("two")
    beat(one)
    ward.now = 7.0
    beat(two, one)
    asyncio.run(two.give_up())
    ward.now = 8.0

    assert beat(one) == [True]
    assert one.epoch == 3


def test_database_that_does_not_answer_ends_the_lease_in_time() -> None:
    ward = Ward()
    one = ward.keeper("one")
    beat(one)
    ward.broken = True
    ward.now = 3.0

    with pytest.raises(StorageError):
        beat(one)

    assert one.held is True
    ward.now = 6.0
    assert one.held is False


def test_lease_that_was_given_up_is_free_at_once() -> None:
    ward = Ward()
    one, two = ward.keeper("one"), ward.keeper("two")
    beat(one)

    asyncio.run(one.give_up())

    assert one.held is False
    assert beat(two) == [True]
    asyncio.run(one.give_up())
    assert ward.asked == ["one acquires", "one releases", "two acquires"]


def _at(ward: Ward, second: float, keeper: LeaseKeeper) -> bool:
    ward.now = second
    return beat(keeper) == [True]
