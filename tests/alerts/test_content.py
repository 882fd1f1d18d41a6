from __future__ import annotations

import json

from alerts.content import content_of
from alerts.digest import build


def test_kept_content_is_plain_json_and_holds_the_stories_over_the_cap(news):
    content = content_of(build(news.subscription(cap=1), news.facts()))

    assert json.loads(json.dumps(content)) == content
    assert "reader@office.example" not in json.dumps(content)
    office = content["sections"][0]
    assert [item["article_id"] for item in office["items"]] == [11]
    assert [item["title"] for item in office["beyond"]] == [
        "Head office opens second round of green technology matchmaking",
        "前三季度北京PCT申请量增一成",
    ]
    assert content["window"] == {"start": "2026-11-23T00:30:00+00:00", "end": "2026-11-24T00:30:00+00:00"}
    assert content["days"][-1] == ["2026-11-24", 5]


def test_kept_content_holds_the_extract_but_not_the_article(news):
    body = "北京的会议。" + "此句与命中无关，只是正文很长。" * 40 + "文末。"
    article = news.article(1, "ip", "题", "11-23 10:00", [("office", "x", "北京")], body=body)

    content = content_of(build(news.subscription(), news.facts(stories=(news.story(1, article),))))

    assert content["sections"][0]["items"][0]["excerpt"]["marks"] == [[0, 2]]
    assert "文末。" not in json.dumps(content, ensure_ascii=False)
