"""Told once, to each person, whatever is sent when and whatever dies in between."""

from __future__ import annotations

import email
from datetime import timedelta
from email.policy import default

import pytest
from desk_house import START, Desk, entry, reading
from sqlalchemy import func, select

from core.errors import NotFound
from desk.digesting import Frozen
from storage.tables import issues, ledger, outbox

BODY = "北京新增一家技术与创新支持中心。\n\n该中心设在海淀，面向中小企业。"


TEXTS = {
    1: "海淀的技术与创新支持中心今日揭牌，首批入驻的检索员来自三所高校，面向芯片企业开放预约。",
    2: "亦庄一家医药公司借助技术与创新支持中心完成了侵权预警，节省半年时间，经验将写进培训教材。",
}


def tells(desk: Desk, n: int) -> int:
    """A story that may be told: listed, read, live. Returns the article."""
    (article,) = desk.finds("gazette", entry(n, title=f"第{n}号公告：技术与创新支持中心在区{n}揭牌")).pages
    text = TEXTS[n]
    desk.reads(article, reading(n, text, title=f"第{n}号公告：技术与创新支持中心在区{n}揭牌"))
    return article


def send(desk: Desk, digest_id: str = "daily", to: str | None = None) -> Frozen:
    desk.clock.pass_time(seconds=1)
    return desk.digesting.send(digest_id, to)


def count(desk: Desk, table: object) -> int:
    with desk.db.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def texts(desk: Desk) -> list[str]:
    found = []
    for name in desk.mails():
        message = email.message_from_bytes((desk.outbox / name).read_bytes(), policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        found.append(body.get_content())
    return found


def test_a_digest_tells_each_story_once(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)
    tells(desk, 2)

    first, second = send(desk), send(desk)

    assert (first.stories, second.stories) == (2, 0)


def test_the_digest_goes_out_when_its_slot_comes_and_once(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)

    assert desk.digesting.freeze_due() == []
    desk.clock.now = START.replace(hour=0, minute=30)
    assert [frozen.slot for frozen in desk.digesting.freeze_due()] == ["2026-03-26T08:30"]
    assert desk.digesting.freeze_due() == []

    assert (desk.deliver(), desk.deliver(), len(desk.mails())) == (["sent"], [], 1)


def test_after_a_downtime_one_digest_catches_up(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)
    desk.clock.pass_time(days=5)

    assert len(desk.digesting.freeze_due()) == 1
    assert desk.digesting.freeze_due() == []


def test_an_article_stored_after_the_snapshot_is_in_the_next_digest(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)
    with desk.db.read() as conn:
        state = next(iter(desk.digesting.states()))
        issue = desk.digesting._compose(conn, state, "manual", desk.clock())
    tells(desk, 2)
    first = desk.db.write(
        lambda conn: desk.digesting._store(conn, state, issue, state.next_due, desk.clock())
    )

    second = send(desk)

    assert (first.stories, second.stories) == (1, 1)


def test_each_person_has_a_ledger_of_their_own(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)

    one = send(desk, to="one@office.example")
    two = send(desk, to="two@office.example")
    again = send(desk, to="one@office.example")

    assert (one.stories, two.stories, again.stories) == (1, 1, 0)
    assert [message.recipient for message in one.messages] == ["one@office.example"]


def test_delivering_twice_leaves_one_file(desk: Desk) -> None:
    """A kill after the file was written and before that was noted: the same message goes out again."""
    desk.opens()
    tells(desk, 1)
    send(desk)
    desk.deliver()
    desk.db.write(lambda conn: conn.execute(outbox.update().values(state="queued", next_at=desk.clock())))

    assert desk.deliver() == ["sent"]
    assert len(desk.mails()) == 1


def test_a_folder_that_cannot_be_written_keeps_the_message(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)
    desk.outbox.write_text("a file where the folder should be")
    send(desk)

    assert desk.deliver() == ["queued"]
    desk.outbox.unlink()
    assert desk.deliver() == []
    desk.clock.pass_time(minutes=5)
    assert desk.deliver() == ["sent"]


def test_what_a_story_joins_later_is_not_told_again(desk: Desk) -> None:
    desk.opens()
    article = tells(desk, 1)
    assert send(desk).stories == 1
    text = desk.library.show(article)["text"]
    (copy,) = desk.finds(
        "herald", entry(91, title="技术与创新支持中心揭牌", url="https://herald.example/91")
    ).pages
    desk.reads(
        copy,
        reading(
            91, text, title="技术与创新支持中心揭牌", url="https://herald.example/91", canonical_url=None
        ),
    )

    assert [line["id"] for line in desk.library.show(article)["reprints"]] == [copy]
    assert send(desk).stories == 0


def test_an_empty_day_is_said_with_its_evidence(desk: Desk) -> None:
    desk.opens()
    desk.finds("herald", outcome="transient", status=503, error="HTTP 503", error_class="http-503")

    frozen = send(desk)
    desk.deliver()

    assert frozen.stories == 0
    assert "2 / 3" in texts(desk)[0]
    assert "先驱报" in texts(desk)[0]


def test_a_quiet_digest_says_nothing_on_an_empty_day_and_closes_its_window(desk: Desk) -> None:
    from dataclasses import replace

    desk.opens()
    desk.digesting.edit(replace(desk.digesting.states()[0].subscription, when_empty="skip"), who="test")

    frozen = send(desk)

    assert (frozen.messages, count(desk, issues)) == ((), 1)
    assert desk.digesting.states()[0].window_from == desk.clock()


def test_a_preview_tells_nobody(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)

    digest, rendered, message = desk.digesting.preview("daily")

    assert (digest.new, count(desk, ledger), count(desk, outbox)) == (1, 0, 0)
    assert "技术与创新支持中心" in rendered.text
    assert message.raw.startswith(b"Date:")


def test_two_who_freeze_one_slot_make_one_issue(desk: Desk) -> None:
    desk.opens()
    tells(desk, 1)
    desk.clock.now = START + timedelta(minutes=30)
    state = desk.digesting.states()[0]

    frozen = [desk.digesting._freeze_slot(state, desk.clock()) for _ in range(2)]

    assert [bool(issue) for issue in frozen] == [True, False]
    assert (count(desk, issues), count(desk, outbox)) == (1, 1)


def test_an_unknown_digest_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="there is no digest weekly"):
        desk.digesting.send("weekly")
