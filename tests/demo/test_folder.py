import os
from pathlib import Path

import pytest

from demo.folder import MARK, leave_folder, make_folder
from demo.service import Trouble, environment


def test_folder_is_made_anew_each_time(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "demo", "python -m demo")
    (folder / "old.db").write_text("of the last demonstration")
    leave_folder(folder)

    make_folder(folder, "python -m demo")

    assert [path.name for path in folder.iterdir()] == [MARK]


def test_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years of work")

    with pytest.raises(Trouble, match=r"不敢清空(?s:.*)will not be emptied"):
        make_folder(tmp_path, "python -m demo")

    assert (tmp_path / "thesis.txt").read_text() == "three years of work"


def test_folder_of_a_running_demonstration_is_left_alone(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "demo", "python -m demo")

    with pytest.raises(Trouble, match=str(os.getpid())):
        make_folder(folder, "python -m demo")


def test_settings_of_the_person_do_not_reach_the_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRESSWATCH_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("PRESSWATCH_LANGUAGE", "en")

    own = environment(tmp_path, 8123, "127.0.0.1:9")

    assert {key: value for key, value in own.items() if key.startswith("PRESSWATCH_")} == {
        "PRESSWATCH_LANGUAGE": "en",
        "PRESSWATCH_DATA_DIR": str(tmp_path),
        "PRESSWATCH_PACK": str(tmp_path / "pack"),
        "PRESSWATCH_ALLOW_HOSTS": "127.0.0.1:9",
        "PRESSWATCH_BASE_URL": "http://127.0.0.1:8123",
        "PRESSWATCH_HOST_DELAY": "0",
        "PRESSWATCH_MIN_INTERVAL": "2s",
        "PRESSWATCH_TICK": "2",
    }
