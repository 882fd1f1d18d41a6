"""Idle memory of the service with the default pack: PSS summed over all its processes (Linux).

    .venv/bin/python bench/memory.py [--minutes 3] [--port 8012]

Starts `presswatch run` on a new data directory, lets the first round end, and prints a line each 10 seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil


def pss(root: psutil.Process) -> tuple[float, int]:
    """(MB, number of processes)."""
    tree = [root, *root.children(recursive=True)]
    total = 0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 2**20, len(tree)


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--minutes", type=float, default=3)
    options.add_argument("--port", type=int, default=8012)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            **os.environ,
            "PRESSWATCH_DATA_DIR": str(Path(folder) / "data"),
            "PRESSWATCH_LOG_LEVEL": "warning",
        }
        command = [sys.executable, "-m", "presswatch", "run", "--port", str(given.port)]
        service = subprocess.Popen(command, env=environ)
        try:
            end, peak = time.monotonic() + given.minutes * 60, 0.0
            while time.monotonic() < end:
                time.sleep(10)
                now, processes = pss(psutil.Process(service.pid))
                peak = max(peak, now)
                print(f"{now:6.1f} MB PSS in {processes} processes (peak {peak:.1f})", flush=True)
        finally:
            service.terminate()
            service.wait(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
