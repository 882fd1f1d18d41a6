"""Scrapy as we run it: a queue and a life cycle. All that touches the network is the door's."""

from __future__ import annotations

import logging
from typing import Any

CONCURRENT_REQUESTS = 100

_OFF = {
    "downloadermiddlewares": [
        "offsite.OffsiteMiddleware",
        "robotstxt.RobotsTxtMiddleware",
        "httpauth.HttpAuthMiddleware",
        "downloadtimeout.DownloadTimeoutMiddleware",
        "defaultheaders.DefaultHeadersMiddleware",
        "useragent.UserAgentMiddleware",
        "retry.RetryMiddleware",
        "redirect.MetaRefreshMiddleware",
        "redirect.RedirectMiddleware",
        "httpcompression.HttpCompressionMiddleware",
        "cookies.CookiesMiddleware",
        "httpproxy.HttpProxyMiddleware",
        "httpcache.HttpCacheMiddleware",
        "stats.DownloaderStats",
    ],
    # HttpErrorMiddleware hides a 304; the others add what we do not send.
    "spidermiddlewares": [
        "httperror.HttpErrorMiddleware",
        "referer.RefererMiddleware",
        "urllength.UrlLengthMiddleware",
        "depth.DepthMiddleware",
        "metacopy.MetaCopyDetectionMiddleware",
    ],
    # The telnet console and the remote control are doors into the process.
    "extensions": [
        "telnet.TelnetConsole",
        "remote_control.RemoteControl",
        "corestats.CoreStats",
        "logcount.LogCount",
        "memusage.MemoryUsage",
        "memdebug.MemoryDebugger",
        "closespider.CloseSpider",
        "feedexport.FeedExporter",
        "logstats.LogStats",
        "spiderstate.SpiderState",
        "throttle.AutoThrottle",
    ],
}


def _off(group: str) -> dict[str, None]:
    return {f"scrapy.{group}.{name}": None for name in _OFF[group]}


def scrapy_settings() -> dict[str, Any]:
    door = "crawler.handler.DoorHandler"
    return {
        "BOT_NAME": "presswatch",
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "DOWNLOAD_HANDLERS": {
            "http": door,
            "https": door,
            "data": None,
            "file": None,
            "ftp": None,
            "s3": None,
        },
        "DOWNLOADER_MIDDLEWARES": _off("downloadermiddlewares"),
        "SPIDER_MIDDLEWARES": _off("spidermiddlewares"),
        "EXTENSIONS": _off("extensions"),
        "ITEM_PIPELINES": {"crawler.pipelines.SinkPipeline": 500},
        "CONCURRENT_REQUESTS": CONCURRENT_REQUESTS,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        # Of one response; each of our responses makes one item, and Scrapy starts this many tasks for it.
        "CONCURRENT_ITEMS": 1,
        "DOWNLOAD_DELAY": 0,
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "COOKIES_ENABLED": False,
        "REDIRECT_ENABLED": False,
        "RETRY_ENABLED": False,
        "REFERER_ENABLED": False,
        "STATS_DUMP": False,
        "LOG_ENABLED": False,
    }


def quieten() -> None:
    """Scrapy tells each step at INFO, and its charset guesser takes a quarter of its time for debug lines."""
    for name in ("scrapy", "twisted", "charset_normalizer", "protego"):
        logging.getLogger(name).setLevel(logging.WARNING)
