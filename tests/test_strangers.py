"""Files and peers from strangers: none is waited for, none takes more than its budget, none has anything written or read elsewhere."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rig import cache, kinds, sound
from rig.document.document import AMPS, ENGINES, SCENES, SONGS
from rig.document.read import examine, examine_text
from rig.document.read_midi import read_midi
from rig.document.read_set import examine_set, is_set
from rig.document.read_values import FAULTS, FILE_LIMIT
from rig.errors import RigError
from rig.files import read_bytes, whole
from rig.gig import bookmark, gig_log, memories
from rig.lv2 import state
from rig.models.formats import load_model
from rig.models.formats.reading import FILE_LIMIT as MODEL_LIMIT
from rig.remote import client, server
from rig.toml import DEPTH
from rig.tui import key_file


def refused(read: Callable[[], object]) -> str:
    """The one line that reading ends with."""
    with pytest.raises(RigError) as caught:
        read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def fault(faults: tuple[str, ...]) -> None:
    if faults:
        raise RigError(faults[0])


READERS: dict[str, Callable[[Path], object]] = {
    "amp.json": load_model,
    "night.toml": lambda path: fault(examine(path)[1]),
    "ir.wav": lambda path: sound.read(path, sound.CABINET),
    "x.state": lambda path: state.read(path, "urn:x"),
    "gig-1.json": gig_log.read,
}
"""What refuses a file in one line."""
QUIET: dict[str, Callable[[Path], object]] = {
    "midi.toml": lambda path: read_midi(path)[0].cc,
    "keys.toml": lambda path: key_file.read(path, ()),
    bookmark.NAME: lambda path: bookmark.read(path.parent),
    "set.toml": is_set,
    "channels.wav": sound.channels,
    "lv2.json": lambda path: cache.kept("lv2"),
}
"""What takes a file that is none for no file at all."""


def at_once(work: Callable[[], object]) -> None:
    """Runs it in a thread, so that one who waits for ever is told."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it waits"
    if failed:
        raise failed[0]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "rig").symlink_to(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [*READERS, *QUIET])
def test_nobody_waits_for_a_pipe(folder, name):
    os.mkfifo(folder / name)
    if name in READERS:
        at_once(lambda: refused(lambda: READERS[name](folder / name)))
    else:
        at_once(lambda: QUIET[name](folder / name))


@pytest.mark.parametrize("name", [*READERS, *QUIET])
def test_nobody_reads_a_device(folder, name):
    (folder / name).symlink_to("/dev/zero")
    if name in READERS:
        at_once(lambda: refused(lambda: READERS[name](folder / name)))
    else:
        at_once(lambda: QUIET[name](folder / name))


@pytest.mark.parametrize("name", READERS)
def test_a_terabyte_of_nothing_is_refused_unread(folder, name):
    with (folder / name).open("wb") as file:
        file.truncate(1 << 40)
    at_once(lambda: refused(lambda: READERS[name](folder / name)))


def test_a_file_that_grows_while_it_is_read_is_read_no_further(folder):
    """Nobody's size is taken at its word: /proc has files that say 0."""
    (folder / "x").write_bytes(b"x" * 101)
    assert read_bytes(folder / "x", 101) == b"x" * 101
    with pytest.raises(OSError, match="larger than"):
        read_bytes(folder / "x", 100)
    assert "too large" in refused(lambda: load_model(large(folder / "a.json", MODEL_LIMIT + 1)))
    assert "too large" in refused(lambda: fault(examine(large(folder / "a.toml", FILE_LIMIT + 1))[1]))


def large(path: Path, size: int) -> Path:
    path.write_bytes(b" " * size)
    return path


# --- budgets -------------------------------------------------------------------------------------------------------


def faults(text: str) -> tuple[str, ...]:
    return examine_text(Path("night.toml"), text)[1]


def amp(chain: str = "", more: str = "") -> str:
    return f'[[amp]]\nname = "A"\nchain = [{chain}]\n{more}'


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * (DEPTH + 1) + "]" * (DEPTH + 1),
        ".".join("a" * (DEPTH + 1)) + " = 1",
        "".join("[[" + ".".join(["a"] * depth) + "]]\n" for depth in range(1, DEPTH + 2)),
        "x = " + "[" * 5000,
        "x = " + "{a=" * 3000,
    ],
    ids=["lists", "dots", "headers", "open lists", "open tables"],
)
def test_what_is_nested_too_deeply_is_refused_by_every_reader_of_toml(folder, text):
    assert "too deeply" in faults(text)[0]
    assert "too deeply" in examine_set(Path("set.toml"), text)[1][0]
    (folder / "midi.toml").write_text(text)
    assert "too deeply" in read_midi(folder / "midi.toml")[2][0]
    assert "too deeply" in refused(lambda: state.read(folder / "midi.toml", "urn:x"))
    assert "too deeply" in refused(lambda: key_file.read(folder / "midi.toml", ()))


@pytest.mark.parametrize("number", ["0x" + "f" * 1000, "9" * 10_000])
def test_a_number_without_end_is_refused_by_every_reader_of_toml(folder, number):
    assert "hundreds of digits" in faults(f"x = [{{ y = {number} }}]")[0]
    (folder / "x.toml").write_text(f"x = {number}")
    assert "hundreds of digits" in refused(lambda: state.read(folder / "x.toml", "urn:x"))
    assert "hundreds of digits" in read_midi(folder / "x.toml")[2][0]


def test_a_preset_has_its_most_of_everything():
    gain = '{ engine = "gain" },'
    scenes = "".join(f'[[amp.scene]]\nname = "{number}"\n' for number in range(SCENES + 1))
    assert not faults(amp(gain * ENGINES))
    assert f"more engines than {ENGINES}" in faults(amp(gain * (ENGINES + 1)))[0]
    sides = f'{{ engine = "blend", a = [{gain * ENGINES}], b = [{gain}] }}'
    assert f"more engines than {ENGINES}" in faults(amp(sides))[0]
    assert faults(amp(gain, scenes)) == (f"night.toml: amp 1 'A': {SCENES + 1} scenes; an amp has at most {SCENES}",)
    assert f"at most {AMPS}" in "".join(faults("".join(amp().replace('"A"', f'"{n}"') for n in range(AMPS + 1))))
    songs = '[[song]]\npreset = "x"\n' * (SONGS + 1)
    assert f"at most {SONGS}" in examine_set(Path("s.toml"), songs, files=False)[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{number} = 1\n" for number in range(50_000)),
        amp('{ engine = "gainx" },' * 60) * 60,
        amp(
            '{ engine = "gain" }',
            '[[amp.scene]]\nname = "S"\n[amp.scene.set]\n' + "".join(f"gain.k{n} = 1\n" for n in range(20_000)),
        ),
        "[midi.cc]\n" + "".join(f"{number} = 1\n" for number in range(50_000)),
    ],
    ids=["keys", "engines", "knobs", "pedals"],
)
def test_faults_are_told_up_to_a_number_and_no_more_are_looked_for(text):
    preset, found = examine_text(Path("night.toml"), text)
    assert preset is None and len(found) == FAULTS + 1
    assert found[-1] == f"night.toml: more faults than {FAULTS}; what follows is not looked at"


def test_a_fault_repeats_little_of_a_file_and_nothing_that_moves_a_cursor():
    found = faults('"\\u001b[2J\\n" = 1\n"' + "x" * 10_000 + '" = 2\n')
    assert all(line.isprintable() and len(line) < 1100 for line in found)


def test_the_properties_of_a_state_are_counted(folder):
    lines = ('[[property]]\nkey = "k"\ntype = "t"\ndata = ""\n') * (state.PROPERTIES + 1)
    (folder / "x.state").write_text(f'plugin = "urn:x"\n{lines}')
    assert f"at most {state.PROPERTIES}" in refused(lambda: state.read(folder / "x.state", "urn:x"))


# --- what is written stays where it belongs ------------------------------------------------------------------------


def test_a_link_in_a_strangers_folder_has_nothing_written_elsewhere(tmp_path):
    """Of a plug-in's state, which the rig names itself: the link is replaced, not what it leads to."""
    (tmp_path / "theirs").mkdir()
    mine, link = tmp_path / "mine", tmp_path / "theirs" / "night-lv2.state"
    mine.write_text("mine")
    link.symlink_to(mine)
    (tmp_path / "theirs" / "night.toml").write_text(amp('{ engine = "gain", id = "lv2" }'))
    preset, _ = examine(tmp_path / "theirs" / "night.toml")
    path = memories._file(preset, preset.amps[0].chain[0])
    assert path == link
    with whole(path) as part:
        part.write_text("state")
    assert mine.read_text() == "mine" and link.read_text() == "state" and not link.is_symlink()


def test_a_link_laid_where_a_file_grows_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / f".x.{os.getpid()}.part").symlink_to(tmp_path / "mine")
    with whole(tmp_path / "x") as part:
        part.write_text("new")
    assert (tmp_path / "mine").read_text() == "mine" and (tmp_path / "x").read_text() == "new"


@pytest.mark.parametrize("label", ["../../x", "/etc/x", "a/b", ".", "x\\u0000"])
def test_an_engine_is_not_called_by_a_path(label):
    assert "must be letters" in faults(amp(f'{{ engine = "gain", id = "{label}" }}'))[0]


# --- peers ---------------------------------------------------------------------------------------------------------


def test_the_socket_and_its_folder_are_the_users_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    before = os.umask(0)
    try:
        path, listener = server._bound("rig")
    finally:
        os.umask(before)
    with listener:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_who_answers_without_being_a_rig_is_left(monkeypatch):
    for said in (b"HTTP/1.1 400 Bad Request\r\n", b'{"ok": true}\n', b"[" * 60_000 + b"\n"):
        near, far = socket.socketpair()
        with near, far:
            far.sendall(said + b"\n")
            line = client.Line(near, "night")
            assert refused(lambda line=line: list(line.events(5.0))) == "night: what answers there is no rig"
            assert line.over


def test_a_line_without_end_is_not_gathered_for_ever(monkeypatch):
    monkeypatch.setattr(client, "LONGEST", 1000)
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"x" * 5000)
        line = client.Line(near, "night")
        assert "no rig" in refused(lambda: [list(line.events(5.0)) for _ in range(5)])


def test_a_kind_is_told_without_waiting(folder):
    os.mkfifo(folder / "x.toml")
    at_once(lambda: kinds.kind_of(folder / "x.toml"))
