"""A copy that was put back tells nothing until a person releases it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desk_house import Desk, entry, reading

from core.errors import Conflict, StorageError
from desk.restoring import Restoring
from storage.backup import back_up, examine, put_back
from storage.db import Database

BODY = "海淀的技术与创新支持中心今日揭牌，首批入驻的检索员来自三所高校。"


def restoring(desk: Desk, folder: Path) -> Restoring:
    return Restoring(desk.db, folder, desk.clock)


def tell(desk: Desk) -> None:
    desk.opens()
    (article,) = desk.finds("gazette", entry(1)).pages
    desk.reads(article, reading(1, BODY))


def test_while_held_nothing_is_frozen_or_sent(desk: Desk, tmp_path: Path) -> None:
    tell(desk)
    desk.digesting.send("daily")
    restoring(desk, tmp_path).hold()
    desk.clock.pass_time(days=1)

    assert desk.digesting.freeze_due() == []
    assert desk.deliver() == []
    with pytest.raises(Conflict, match="outbox release"):
        desk.digesting.send("daily")


def test_released_what_is_due_goes_out(desk: Desk, tmp_path: Path) -> None:
    tell(desk)
    held = restoring(desk, tmp_path)
    held.hold()
    desk.clock.pass_time(days=1)

    assert (held.release(), held.release()) == (True, False)
    assert len(desk.digesting.freeze_due()) == 1
    assert desk.deliver() == ["sent"]


def test_a_database_older_than_its_mark_is_held(desk: Desk, tmp_path: Path) -> None:
    tell(desk)
    mark = restoring(desk, tmp_path)
    desk.digesting.send("daily")
    mark.note()
    assert mark.look() is False

    (tmp_path / "outbox.mark").write_text('{"issue": 99}')

    assert mark.look() is True
    assert mark.held_since() == desk.clock()


def test_a_copy_made_while_in_use_is_whole_and_can_be_put_back(desk: Desk, tmp_path: Path) -> None:
    if desk.db.path is None:
        pytest.skip("PostgreSQL is backed up with its own tools")
    tell(desk)
    copy, elsewhere = tmp_path / "copies" / "copy.db", tmp_path / "elsewhere.db"

    back_up(desk.db, copy)
    put_back(copy, elsewhere)

    db = Database.open(f"sqlite:///{elsewhere}")
    with db.read() as conn:
        from storage.check import stats

        assert stats(conn)["articles"] == 1
    db.close()


@pytest.mark.parametrize("damage", ["cut", "other", "missing"])
def test_a_damaged_or_foreign_file_is_refused(desk: Desk, tmp_path: Path, damage: str) -> None:
    if desk.db.path is None:
        pytest.skip("PostgreSQL is backed up with its own tools")
    copy, target = tmp_path / "copy.db", tmp_path / "target.db"
    back_up(desk.db, copy)
    shutil.copyfile(copy, target)
    before = target.read_bytes()
    if damage == "cut":
        copy.write_bytes(copy.read_bytes()[:20_000])
    elif damage == "other":
        copy.write_bytes(b"no database at all" * 100)
    else:
        copy.unlink()

    with pytest.raises(StorageError):
        put_back(copy, target)

    assert target.read_bytes() == before
    examine(target)
