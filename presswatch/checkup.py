"""``status`` and ``doctor``: the state of every part in words, and what to do about what is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from core.errors import PresswatchError
from core.types import Language, Names, Source, SourceState
from desk import health, views
from desk.condition import condition_of, outage_of
from presswatch.compose import House, mail_server, outbox_dir
from scheduler.lock import holder
from storage import sources as source_store

LITTLE_SPACE = 500 * 2**20
PROBED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    part: str
    ok: bool
    said: Names


def status_of(house: House) -> views.Status:
    living = holder(house.settings.data_dir)
    port = living.port if living else None
    around = health.Surroundings(
        address=f"127.0.0.1:{port}" if port else "",
        loopback_only=True,
        folder=str(outbox_dir(house.settings)),
        resolver=house.settings.resolver,
        mail_server=mail_server(house.settings),
    )
    with house.db.read() as conn:
        return health.status(conn, house.clock(), around)


def parts(status: views.Status, language: Language, zone: tzinfo) -> Iterator[tuple[str, str, str]]:
    """(part, state, facts)."""
    zh = language == "zh"
    counts = status.sources.counts
    digest = status.digests.next
    yield (
        _t(zh, "数据库", "database"),
        status.database.health,
        f"{status.database.articles} {_t(zh, '篇文章', 'articles')}",
    )
    yield _t(zh, "网页", "pages"), status.web.health if status.web.address else "unset", status.web.address
    yield _t(zh, "调度", "scheduler"), status.scheduler.health, _moments(status.scheduler, zone)
    yield (
        _t(zh, "匹配", "matching"),
        status.matching.health,
        f"{status.matching.rules} {_t(zh, '条规则', 'rules')}",
    )
    yield (
        _t(zh, "网络", "network"),
        status.network.health,
        status.network.cause.detail if status.network.cause else "",
    )
    yield (
        _t(zh, "信源", "sources"),
        status.sources.health,
        ", ".join(f"{name} {n}" for name, n in sorted(counts.items())),
    )
    yield _t(zh, "简报", "digests"), status.digests.health, _next(digest, zone) if digest else ""
    yield (
        _t(zh, "发信", "mail"),
        status.mail.health,
        f"{status.mail.queued} {_t(zh, '封待发', 'queued')} · {status.mail.server or status.mail.folder}",
    )


def _t(zh: bool, chinese: str, english: str) -> str:
    return chinese if zh else english


def _moments(scheduler: views.SchedulerStatus, zone: tzinfo) -> str:
    return " → ".join(
        at.astimezone(zone).strftime("%m-%d %H:%M:%S") for at in (scheduler.last_at, scheduler.next_at) if at
    )


def _next(digest: views.NextDigest, zone: tzinfo) -> str:
    return f"{digest.id} {digest.at.astimezone(zone):%m-%d %H:%M}, {digest.stories}"


async def examine(house: House) -> list[Finding]:
    """Looks at what most often keeps a service from working: lock, disk, proxy, sources, and the network itself."""
    with house.db.read() as conn:
        pairs, classes = source_store.sources_with_states(conn), source_store.error_classes(conn)
    findings = [_service(house), _disk(house), *_proxy(house), _mail(house)]
    outage = outage_of(pairs, classes)
    findings += [await _network(house, [source.url for source, _ in pairs if source.enabled][:PROBED])]
    if outage is None:
        findings += _sources(pairs)
    return findings


def _service(house: House) -> Finding:
    living = holder(house.settings.data_dir)
    if living is None:
        said = Names(
            "没有服务在运行；用 make run 或 presswatch run 启动",
            "no service runs; start it with: presswatch run",
        )
        return Finding("service", False, said)
    return Finding(
        "service", True, Names(f"服务在运行，进程 {living.pid}", f"a service runs, process {living.pid}")
    )


def _disk(house: House) -> Finding:
    free = shutil.disk_usage(house.settings.data_dir).free
    if free < LITTLE_SPACE:
        return Finding(
            "disk",
            False,
            Names(
                f"磁盘只剩 {free >> 20} MB，请腾出空间",
                f"only {free >> 20} MB are free on the disk; make room",
            ),
        )
    return Finding("disk", True, Names(f"磁盘余 {free >> 20} MB", f"{free >> 20} MB free on the disk"))


def _proxy(house: House) -> list[Finding]:
    if not house.settings.proxy:
        return []
    said = Names(
        "经代理外出；内网地址由代理把关，Presswatch 只检查网址本身",
        "a proxy carries all requests; it has to refuse private addresses, Presswatch sees only the names",
    )
    return [Finding("proxy", True, said)]


def _mail(house: House) -> Finding:
    """Says nothing to the server; that is what ``mail test`` is for."""
    lines, hold = house.delivering.undelivered(), house.delivering.hold()
    failed = sum(line.state == "failed" for line in lines)
    if hold is not None:
        return Finding(
            "mail",
            False,
            Names(f"{len(lines)} 封邮件等着：{hold.why}", f"{len(lines)} mails wait: {hold.why}"),
        )
    if failed:
        said = Names(
            f"{failed} 封邮件没有送到；用 presswatch outbox list 看原因，再 retry 或 drop",
            f"{failed} mails were not delivered; see why with presswatch outbox list, then retry or drop them",
        )
        return Finding("mail", False, said)
    server = mail_server(house.settings)
    if server is None:
        folder = outbox_dir(house.settings)
        said = Names(f"简报存放在 {folder}，不发邮件", f"digests are kept in {folder}, no mail is sent")
        return Finding("mail", True, said)
    return Finding(
        "mail",
        True,
        Names(f"经 {server} 发信，{len(lines)} 封待发", f"mail goes to {server}, {len(lines)} waiting"),
    )


async def _network(house: House, urls: Sequence[str]) -> Finding:
    from crawler.exchange import Request
    from desk.hosts import StoredHostBook
    from presswatch.crawling import kit_for

    problem = ""
    async with kit_for(house.settings, StoredHostBook(house.db), house.clock) as kit:
        for url in urls:
            try:
                await kit.door.fetch(Request(url))
            except PresswatchError as error:
                problem = str(error)
                if getattr(error, "status", None) is None:
                    continue
            return Finding("network", True, Names("外网可以访问", "the internet answers"))
    return Finding(
        "network",
        not urls,
        Names(
            f"试了 {len(urls)} 个信源都没有连上：{problem}。先看这台机器能不能上网；要走代理就设 PRESSWATCH_PROXY，要指定 DNS 就设 PRESSWATCH_RESOLVER",
            f"{len(urls)} sources were tried and none could be reached: {problem}. See whether this machine is online; "
            "set PRESSWATCH_PROXY for an office's proxy, PRESSWATCH_RESOLVER for a DNS server",
        ),
    )


def _sources(pairs: Sequence[tuple[Source, SourceState]]) -> list[Finding]:
    return [
        Finding(
            f"source {source.id}",
            False,
            Names(
                f"{source.name.zh}：{state.error}；用 presswatch source show {source.id} 看经过",
                f"{source.name.en}: {state.error}; see: presswatch source show {source.id}",
            ),
        )
        for source, state in pairs
        if condition_of(source, state) == "attention"
    ]
