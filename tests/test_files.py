"""Files are written whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from rig.errors import RigError
from rig.files import may_replace, whole, write


@pytest.mark.parametrize("content", ["Grüße", b"\x00\xff"])
def test_what_is_written_is_there_and_nothing_else(tmp_path, content):
    path = tmp_path / "amp.json"
    path.write_text("what was there before")
    write(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_may_be_read_by_whom_any_new_file_may(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "amp.json", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "amp.json").stat().st_mode & 0o777 == 0o640


def test_a_check_sees_the_content_first_and_can_refuse_it(tmp_path):
    path, seen = tmp_path / "amp.json", []
    path.write_text("before")

    def check(part: Path) -> None:
        seen.append((part.read_text(), path.read_text()))
        raise ValueError("not good enough")

    with pytest.raises(ValueError, match="not good enough"):
        write(path, "after", check)
    assert seen == [("after", "before")]
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "take.wav"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), whole(path) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_written_is_on_the_disk_before_it_takes_the_place_of_what_was_there(tmp_path, monkeypatch):
    path, safe = tmp_path / "amp.json", []
    path.write_text("before")
    monkeypatch.setattr("rig.files.os.fsync", lambda file: safe.append((os.fstat(file).st_ino, path.read_text())))
    write(path, "after")
    assert safe == [(path.stat().st_ino, "before")]


def test_a_disk_that_refuses_is_one_line(tmp_path):
    path = tmp_path / "none" / "amp.json"
    with pytest.raises(RigError) as caught:
        write(path, "x")
    assert str(caught.value) == f"cannot write '{path}': no such file or directory"


class Terminal(io.StringIO):
    """Somebody who types an answer."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "left"), [("y\n", False), ("Yes\n", False), ("n\n", True), ("\n", True), ("", True)])
def test_on_a_terminal_it_is_asked_before_a_file_is_written_over(tmp_path, monkeypatch, typed, left):
    path, shown = tmp_path / "amp.json", Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", shown)
    may_replace(path, force=False)
    assert not shown.getvalue()
    path.write_text("an hour's work")
    may_replace(path, force=True)
    assert not shown.getvalue()
    if left:
        with pytest.raises(RigError, match=r"'.*amp.json' is left as it is; --resume"):
            may_replace(path, force=False, instead="; --resume goes on with it")
    else:
        may_replace(path, force=False)
    assert shown.getvalue() == f"{path} is there: write over it? [y/N] "


def test_elsewhere_it_is_refused(tmp_path):
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RigError, match=r"gone' is there already: name another, or write over it with --force$"):
        may_replace(tmp_path / "gone", force=False)
