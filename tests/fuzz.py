"""What comes from strangers, made up by a fuzzer that sees which code each try reaches (atheris): whatever a file or a line holds,
the answer is what it holds or one line, soon and in little memory.

`python tests/fuzz.py --seconds 3600` tries each kind in turn and keeps what it found in a corpus; `--runs 2000 --only preset`
tries so often. It ends with 1 where something was neither, and leaves that in a file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 10
"""In which one try must be over, on a busy machine."""
MEMORY_MB = 2048
"""Of a process, with all that it imports."""
LONGEST = 1 << 16
"""Bytes of a try."""

Try = Callable[[bytes], object]


@dataclass(frozen=True)
class Kind:
    """What is tried. prepare: imports what it reads with, and gives back what reads. seeds: some that make sense.

    words: of which it may be made up.
    """

    prepare: Callable[[Path], Try]
    seeds: Callable[[], Iterable[bytes]]
    words: Callable[[], Iterable[str]] = tuple


def one_line(error: Exception) -> None:
    """What a RigError is."""
    said = str(error)
    assert "\n" not in said and said.isprintable(), repr(said)
    assert len(said) < 2000, f"{len(said)} letters"


def reader(name: str, read: Callable[[Path], object]) -> Callable[[Path], Try]:
    """Reads what is tried as a file of that name, which may be refused."""

    def prepare(folder: Path) -> Try:
        from rig.errors import RigError

        path = folder / name

        def attempt(data: bytes) -> None:
            path.write_bytes(data)
            try:
                read(path)
            except RigError as error:
                one_line(error)

        return attempt

    return prepare


# --- models --------------------------------------------------------------------------------------------------------


def read_model(path: Path) -> None:
    from model_files import check_arrays

    from rig.models.formats import load_model

    model = load_model(path)
    for variant in (model, *(variant.model for variant in model.variants)):
        check_arrays(variant.network)


def models() -> Iterable[bytes]:
    from test_faulty_models import SMALL

    return (json.dumps(content).encode() for content in SMALL.values())


def words_of_models() -> set[str]:
    found: set[str] = set()

    def gather(content: object) -> None:
        if isinstance(content, dict):
            found.update(content)
            content = list(content.values())
        if isinstance(content, list):
            for part in content[:20]:
                gather(part)
        elif isinstance(content, str):
            found.add(content)

    for content in models():
        gather(json.loads(content))
    return {f'"{word}"' for word in found} | {"1e39", "1048577", "-1", "null", "true", "NaN", "[]", "{}"}


# --- presets, sets, pedals -----------------------------------------------------------------------------------------


def read_as_preset(path: Path) -> None:
    """Without its files, and what is read is written and read again."""
    from rig.document.read import examine_text
    from rig.document.writing import fresh, rewritten

    text = path.read_text("utf-8-sig", errors="replace")
    preset, faults = examine_text(path, text, files=False)
    for fault in faults:
        one_line(Exception(fault))
    if preset is None or faults or not text.strip():
        return
    assert rewritten(text, preset, preset) == text
    again, faults = examine_text(path, fresh(preset), files=False)
    assert again is not None and not faults, faults


def read_as_set(path: Path) -> None:
    from rig.document.read_set import examine_set

    for fault in examine_set(path, path.read_text("utf-8-sig", errors="replace"), files=False)[1]:
        one_line(Exception(fault))


def read_as_pedals(path: Path) -> None:
    from rig.document.read_midi import read_midi

    for fault in read_midi(path)[2]:
        one_line(Exception(fault))


def presets() -> Iterable[bytes]:
    from random import Random

    from random_gigs import preset

    shipped = sorted((HERE.parent / "presets").glob("*.toml"))
    return [path.read_bytes() for path in shipped] + [preset(Random(seed)).encode() for seed in range(20)]


def sets() -> Iterable[bytes]:
    return [
        b'name = "Friday"\n[[song]]\nname = "One"\npreset = "blues.toml"\ntempo = 87\nparts = ["Clean", "Lead:Solo"]\nnotes = "capo 2"\n',
        b'song = [{ preset = "blues", skip = true }]\n',
    ]


def pedals() -> Iterable[bytes]:
    return [
        b'channel = 2\nprogram = { 0 = "Clean" }\ncc = { 11 = { to = "output level", from = -20, upto = 0, curve = "log" }, 64 = "tap" }\n'
        b'note = { 36 = "mute" }\nwheel = { to = "output level", invert = true, hold = true }\n[cc.7]\nto = "level"\nrelative = "twos"\n'
    ]


def words_of_presets() -> set[str]:
    from rig.engine import registry

    found = {
        "[[amp]]",
        "[[amp.scene]]",
        "[input]",
        "[output]",
        "[midi]",
        "[[song]]",
        "chain = [",
        "set = {",
        '"""',
        "'''",
        "[[a.a.a.a]]",
    }
    for engine in registry().values():
        found |= {f'engine = "{engine.name}"', *(param.name for param in engine.params), *engine.file_keys}
    return found


# --- sounds --------------------------------------------------------------------------------------------------------


def read_sound(path: Path) -> None:
    from rig import sound
    from rig.gig import wav

    sound.channels(path)
    wav.repaired(path)
    sound.read(path, sound.CABINET)


def sounds() -> Iterable[bytes]:
    import io

    import numpy as np
    import soundfile

    from rig.gig.wav import header

    x = np.hanning(64)
    shapes = [
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("WAV", "PCM_24"),
        ("WAVEX", "PCM_32"),
        ("RF64", "FLOAT"),
        ("FLAC", "PCM_16"),
        ("AIFF", "PCM_16"),
        ("W64", "FLOAT"),
    ]
    for form, subtype in shapes:
        for channels in (1, 2):
            file = io.BytesIO()
            soundfile.write(file, np.stack([x] * channels, axis=1), 48_000, format=form, subtype=subtype)
            yield file.getvalue()
    yield header(48_000, 2, 4) + bytes(32)
    yield header(48_000, 2, 0) + bytes(32)  # never closed


# --- what others say, what was kept --------------------------------------------------------------------------------


class Ear:
    """Counts answers, each of which must be one that can be sent."""

    def __init__(self) -> None:
        self.answers = 0

    def say(self, event: str, **facts: object) -> None:
        json.dumps({"event": event, **facts}, allow_nan=False)
        self.answers += event in ("done", "error")
        if event == "error":
            assert len(str(facts["error"])) < 2000  # as JSON it is one line, whatever it repeats
            assert "a fault in rig itself" not in str(facts["error"]), facts

    tell = say


def protocol(folder: Path) -> Try:
    """Lines to a gig that plays without JACK: each is answered once. It is a new one now and then."""
    from random import Random

    from random_gigs import Client, files, gig_of, preset

    from rig.gig.gig import Gig
    from rig.jack.patchbay import Patchbay
    from rig.remote.commands import Lines
    from rig.remote.protocol import Peer, Protocol

    os.chdir(folder)  # where a verb writes, and reads
    files(folder)
    playing: list[Gig] = []

    class Jack(Client):
        def connect(self, wiring: object, input: bool) -> tuple[str, ...]:
            return ()

        def patchbay(self) -> Patchbay:
            return Patchbay()

    def attempt(data: bytes) -> None:
        for stroke in (b"/", b"~", b"u002f", b"u002F", b"u007e", b"u007E"):  # no verb writes elsewhere
            data = data.replace(stroke, b"_")
        if not playing:
            (folder / "night.toml").write_text(preset(Random(len(data))))
            playing.append(gig_of(folder / "night.toml", client=Jack()))
        asked, ear, lines = Protocol(playing[0], lambda: None), Ear(), Lines()
        peer = Peer(ear)
        asked.join(peer)
        given = [*lines.feed(data), *lines.feed(b"\n")]
        for line in given:
            asked.hear(line, peer)
        assert ear.answers == len(given), f"{ear.answers} answers to {given}"
        if asked.left or len(data) % 97 == 0 or len(playing[0].amps) > 20:
            playing.pop().close()

    return attempt


def lines() -> Iterable[bytes]:
    from rig.gig.verbs import VERBS
    from rig.remote.questions import QUESTIONS

    for name in (*VERBS, *QUESTIONS):
        yield name.encode()
        yield json.dumps({"id": 7, "do": f"{name} Clean"}).encode()
    yield b"set Clean.gain.gain 3\nundo\nlevel -3\namp 2\ninsert Clean eq\nmove Clean.eq -1\nload Crunch.model x.json\n"


def words_of_lines() -> set[str]:
    from rig.gig.verbs import VERBS
    from rig.remote.questions import QUESTIONS

    return {
        *VERBS,
        *QUESTIONS,
        "Clean.gain.gain",
        "output.cab",
        "Crunch",
        '{"id": 1, "do": "',
        "nan",
        "1e400",
        "-1",
        " as ",
    }


def reads_line(folder: Path) -> Try:
    """What a screen or `rig send` hears of somebody who only claims to be a rig."""
    import socket

    from rig.errors import RigError
    from rig.remote.client import Line

    def attempt(data: bytes) -> None:
        near, far = socket.socketpair()
        with near, far:
            line = Line(near)
            far.sendall(data)
            far.shutdown(socket.SHUT_WR)
            try:
                while not line.over:
                    for event in line.events(1.0):
                        assert isinstance(event, dict)
            except RigError as error:
                one_line(error)

    return attempt


def read_state(path: Path) -> None:
    from rig.lv2 import state

    found = state.read(path, "urn:x")
    assert state.of_numbers(state.numbers(found)) == found


def states() -> Iterable[bytes]:
    atom = "http://lv2plug.in/ns/ext/atom#"
    kinds = [
        ("Int", "3"),
        ("Float", "0.5"),
        ("Long", "7"),
        ("Double", "1e9"),
        ("Bool", "1"),
        ("String", '"a"'),
        ("Path", '"x/y.wav"'),
    ]
    text = 'plugin = "urn:x"\n'
    for kind, value in kinds:
        text += f'[[property]]\nkey = "urn:k{kind}"\ntype = "{atom}{kind}"\nvalue = {value}\n'
    yield text.encode()
    yield text.replace("value = 3", 'data = "AAAA"\nflags = 1').encode()


def read_kept(path: Path) -> None:
    """All that the rig keeps for itself, and what a folder of `rig capture` or `keep` says."""
    from rig.capture.storage import _signal
    from rig.errors import RigError
    from rig.gig import bookmark, gig_log, replay
    from rig.tui import key_file

    whole = path.read_bytes()
    for name, read in (
        (bookmark.NAME, lambda file: bookmark.read(file.parent)),
        (replay.LIST, lambda file: replay.changes(file.parent)),
        ("gig-1.json", gig_log.read),
        ("keys.toml", lambda file: key_file.read(file, ("next", "mute"))),
        ("capture.toml", _signal),
    ):
        file = path.with_name(name)
        file.write_bytes(whole)
        try:
            read(file)
        except RigError as error:
            one_line(error)


def kept() -> Iterable[bytes]:
    from dataclasses import asdict

    from rig.gig.bookmark import Bookmark

    yield json.dumps(asdict(Bookmark(("/x/blues.toml",), "Song", 2, "Lead:Solo", -3.0))).encode()
    yield b'[[change]]\nat = 0.0\npreset = "0-blues.toml"\namp = "Lead"\nlevel = -3\n'
    yield b'layout = "numpad"\nnext = ["n", "ctrl+f"]\nmute = "m"\n'
    yield b'interface = "x"\nplayed = [10, 200]\nimpulses = [0, 5]\n[repeat]\nstart = 3\nframes = 9\n'
    yield json.dumps(
        {"version": 1, "incidents": [], "played": [["a", "b", 3.0]], "costliest": [["gain", 0.1]]}
    ).encode()


KINDS = {
    "model": Kind(reader("amp.json", read_model), models, words_of_models),
    "preset": Kind(reader("night.toml", read_as_preset), presets, words_of_presets),
    "set": Kind(reader("friday.toml", read_as_set), sets, words_of_presets),
    "pedals": Kind(reader("midi.toml", read_as_pedals), pedals, words_of_presets),
    "sound": Kind(reader("ir.wav", read_sound), sounds),
    "protocol": Kind(protocol, lines, words_of_lines),
    "answers": Kind(reads_line, lambda: [b'{"event": "done", "id": 1, "ok": true}\n{"event": "status"}\n']),
    "state": Kind(reader("x.state.toml", read_state), states),
    "kept": Kind(reader("kept", read_kept), kept),
}


# --- running them --------------------------------------------------------------------------------------------------


def fuzz(name: str, arguments: list[str]) -> None:
    """One kind, in this process, which ends with it. arguments: libFuzzer's."""
    import atheris

    with atheris.instrument_imports(include=["rig", "tomli"], enable_loader_override=False):
        import tomli  # noqa: F401

        kind = KINDS[name]
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            attempt = kind.prepare(Path(folder))
            for seed in kind.seeds():  # imports what is imported late
                attempt(seed)
            atheris.Setup([sys.argv[0], *arguments], lambda data: attempt(data) and None)
            atheris.Fuzz()


def prepared(name: str, corpus: Path) -> list[str]:
    """Seeds and words of a kind as files; libFuzzer's arguments for them."""
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(KINDS[name].seeds()):
        (folder / f"seed-{number}").write_bytes(seed)
    words, known = (
        corpus / f"{name}.dict",
        [word for word in sorted(KINDS[name].words()) if word.isascii() and word.isprintable()],
    )
    words.write_text("".join(f"w{number}={json.dumps(word)}\n" for number, word in enumerate(known)))
    return [str(folder), *([f"-dict={words}"] if known else []), f"-artifact_prefix={corpus}/{name}-"]


def command(name: str, corpus: Path, *limits: str) -> list[str]:
    """What tries one kind. limits: libFuzzer's, as -runs=1000 or -max_total_time=60."""
    more = (f"-timeout={SECONDS}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}", "-print_final_stats=1")
    return [sys.executable, str(HERE / "fuzz.py"), "--kind", name, *prepared(name, corpus), *more, *limits]


def main() -> int:
    if sys.argv[1:2] == ["--kind"]:
        fuzz(sys.argv[2], sys.argv[3:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for all kinds together (default: 60)")
    parser.add_argument("--runs", type=int, help="tries of each, in place of seconds")
    parser.add_argument("--only", choices=KINDS, action="append", help="that kind, or those")
    parser.add_argument("--corpus", type=Path, help="where what was found is kept (default: nowhere)")
    arguments = parser.parse_args()
    names = arguments.only or list(KINDS)
    wrong = []
    with tempfile.TemporaryDirectory() as nowhere:
        corpus = arguments.corpus or Path(nowhere)
        for name in names:
            limit = (
                f"-runs={arguments.runs}"
                if arguments.runs
                else f"-max_total_time={max(1, arguments.seconds // len(names))}"
            )
            done = subprocess.run(
                command(name, corpus.absolute(), limit), capture_output=True, text=True, errors="replace"
            )
            said = done.stderr + done.stdout
            stats = [line.split(":")[-1].strip() for line in said.splitlines() if "number_of_executed_units" in line]
            print(
                f"{name}: {stats[-1] if stats else 'no'} tries, {'fine' if done.returncode == 0 else 'WRONG'}",
                flush=True,
            )
            if done.returncode:
                wrong.append(name)
                print(said[-6000:], flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
