"""``python -m demo`` (or ``make demo``): Presswatch on a packaged newsroom, without internet."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from demo.service import Trouble
from demo.show import Options, show


def options_of(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="Presswatch 演示：自带一间新闻室，不需要网络。 / Presswatch on a packaged newsroom, without internet.",
    )
    folder = Path(os.environ.get("PRESSWATCH_DATA_DIR", "data")) / "demo"
    parser.add_argument("--port", type=int, default=8000, help="页面的端口 / port of the page (8000)")
    parser.add_argument(
        "--data", type=Path, default=folder, help=f"数据文件夹 / folder for the data ({folder})"
    )
    parser.add_argument(
        "--after", type=int, default=20, metavar="N", help="N 秒后有新消息 / news after N seconds (20)"
    )
    chosen = parser.parse_args(arguments)
    return Options(port=chosen.port, data=chosen.data, after_seconds=chosen.after)


async def until_stopped(options: Options) -> int:
    course = asyncio.ensure_future(show(options))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, course.cancel)
    try:
        await course
    except asyncio.CancelledError:
        return 0
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(until_stopped(options_of())))
