"""The folder of a demonstration: made anew each time, and never at the cost of anything else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from demo.service import Trouble

MARK = ".presswatch-demo"


def make_folder(folder: Path, command: str) -> Path:
    """Empty and marked as ours. Raises ``Trouble`` when it holds other things or another demonstration uses it."""
    mark = folder / MARK
    if mark.exists():
        pid = mark.read_text("utf-8").strip()
        if pid.isdigit() and is_alive(int(pid)):
            raise Trouble("still_running", pid=pid, folder=folder, command=command)
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise Trouble("folder_taken", folder=folder, command=command)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(str(os.getpid()), encoding="utf-8")
    return folder


def leave_folder(folder: Path) -> None:
    """The data stays, the claim goes."""
    (folder / MARK).write_text("", encoding="utf-8")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
