"""`rig check --match`: all amps and scenes equally loud; and which stand out, in `rig check` and on the screen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_gig import FakeGig
from test_tui import playing, until

from rig import cache
from rig.cli import main
from rig.document.document import Document, Pick
from rig.document.read import read_preset
from rig.gig import known_loudness
from rig.gig.known_loudness import KnownLoudness, out_of
from rig.gig.level_match import matched, take_of
from rig.gig.render import render
from rig.gig.snapshot import AmpView
from rig.loudness import lufs
from rig.remote import words
from rig.tui.canvas import Sheet
from rig.tui.tiles import Tiles

RATE = 48_000
OWN = """# mine
[[amp]]
name = "Clean"   # as it comes
chain = [{ engine = "gain", gain = -9 }]

[[amp]]
name = "Lead"
level = 2.0      # dB
chain = [{ id = "boost", engine = "gain", gain = 6, on = false }, { engine = "drive", drive = 12 }]
[[amp.scene]]
name = "Solo"
level = 3        # louder
set = { boost.on = true }
[[amp.scene]]
name = "Hot"
level = -1
set = { boost.on = true }
[[amp.scene]]
name = "Verse"
level = -4

[[amp]]
name = "Loud"
louder = 2
chain = []
"""
SQUASHED = '\n[output]\nchain = [{ engine = "comp", threshold = -30, ratio = 4 }]\n'


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A second of a guitar, more or less: notes that are struck and die away."""
    t = np.arange(RATE) / RATE
    x = sum(np.sin(2 * np.pi * hz * t) for hz in (110, 220, 330.5)) * 0.1 * np.exp(-4 * (t % 0.5))
    soundfile.write(tmp_path / "take.wav", x, RATE, subtype="FLOAT")
    return tmp_path / "take.wav"


def preset_of(folder: Path, text: str = OWN, name: str = "own.toml") -> Path:
    (folder / name).write_text(text)
    return folder / name


def heard(preset: Path, take: Path, amp: str) -> float:
    """LUFS of what `rig render` makes of an amp."""
    out = preset.with_name("out.wav")
    render(preset, take, out, amp=amp)
    x, rate = soundfile.read(out)
    found = lufs(x.T, rate)
    assert found is not None
    return found


MEANT = {"Clean": 0, "Lead": 0, "Lead:Solo": 3, "Lead:Hot": 0, "Lead:Verse": -4, "Loud": 2}


@pytest.mark.parametrize("behind", ["", SQUASHED], ids=["plain", "behind a compressor"])
def test_what_was_matched_is_equally_loud_when_rendered(tmp_path, take, behind):
    path = preset_of(tmp_path, OWN + behind)
    before = [heard(path, take, name) - meant for name, meant in MEANT.items()]
    assert max(before) - min(before) > 4
    assert main(["check", str(path), "--match", "--di", str(take), "--target", "-28"]) == 0
    for name, meant in MEANT.items():
        assert heard(path, take, name) == pytest.approx(-28 + meant, abs=0.25), name
    text = path.read_text()
    assert '# mine\n[[amp]]\nname = "Clean"   # as it comes\n' in text and "# louder\n" in text and "# dB\n" in text
    assert main(["check", str(path), "--match", "--di", str(take), "--target", "-28"]) == 0
    assert path.read_text() == text, "what is right stays as it is written"


def test_a_scene_that_was_louder_says_so_where_its_level_no_longer_does(tmp_path, take):
    path = preset_of(tmp_path)
    main(["check", str(path), "--match", "--di", str(take), "--target", "-28"])
    scenes = {scene.name: scene for scene in read_preset(path).amps[1].scenes}
    assert scenes["Solo"].louder == 3 and scenes["Solo"].level != 3
    assert scenes["Hot"].louder is None and scenes["Hot"].level not in (0, -1), "its level made up for its boost"
    assert (scenes["Verse"].louder, scenes["Verse"].level) == (None, -4), "its level is all that it is"


def test_a_dry_run_writes_nothing_and_tells_all(tmp_path, take, capsys):
    path = preset_of(tmp_path)
    assert main(["check", str(path), "--match", "--dry-run", "--di", str(take), "--json"]) == 0
    assert path.read_text() == OWN
    report = json.loads(capsys.readouterr().out)
    assert (report["target"], report["dry_run"]) == (-20, True) and report["apart"] <= 0.5
    (found,) = report["presets"]
    assert [amp["name"] for amp in found["amps"]] == list(MEANT)
    assert found["saved"] is None and found["amps"][0]["level"] != found["amps"][0]["was"] == 0
    assert cache.kept(known_loudness.KEPT) == {}, "what might have been is not kept"


def test_folders_and_sets_are_matched_each_preset_once(tmp_path, take, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, gain in (("a", -12), ("b", 3)):
        preset_of(folder, f'[[amp]]\nname = "A"\nchain = [{{ engine = "gain", gain = {gain} }}]\n', f"{name}.toml")
    songs = "".join(f'[[song]]\nname = "{i}"\npreset = "{name}"\n' for i, name in enumerate("aba"))
    (tmp_path / "set.toml").write_text(songs.replace('"a"', '"mine/a"').replace('"b"', '"mine/b"'))
    assert main(["check", str(folder), str(tmp_path / "set.toml"), "--match", "--di", str(take), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [Path(one["file"]).name for one in report["presets"]] == ["a.toml", "b.toml"]
    a, b = (heard(folder / name, take, "A") for name in ("a.toml", "b.toml"))
    assert abs(a - b) <= 0.2


def test_what_can_not_be_as_loud_is_said(tmp_path, take, capsys):
    path = preset_of(
        tmp_path,
        '[[amp]]\nname = "Soft"\nchain = [{ engine = "gain", gain = -36 }]\n'
        '[[amp]]\nname = "Off"\nchain = [{ engine = "volume", level = -60 }]\n',
    )
    assert main(["check", str(path), "--match", "--di", str(take)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "Soft: it stays at " in said[0] and said[0].endswith("a level ends at +24 dB")
    assert said[1].endswith("Off: nothing is to be heard of it")
    soft, off = read_preset(path).amps
    assert (soft.level, off.level) == (24, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dry-run"], "say how --match is to level amps"),
        (["--match", "--di", "silence.wav"], "silence.wav: there is nothing to be heard in it"),
        (["amp.nam", "--match"], "a model has no level of its own"),
        (["gone.toml", "--match", "--di", "click.wav"], "gone.toml"),
    ],
)
def test_wrong_use_is_one_line(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    path = preset_of(tmp_path, '[[amp]]\nname = "A"\nlevel = -20\nchain = []\n')
    soundfile.write("silence.wav", np.zeros(RATE), RATE)
    soundfile.write("click.wav", np.sin(np.arange(RATE) / 5), RATE)
    Path("amp.nam").write_text('{"version": "0.5.4", "architecture": "Linear", "config": {}, "weights": []}')
    assert main(["check", str(path), *words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_long_take_is_cut(tmp_path):
    soundfile.write(tmp_path / "long.wav", np.full((90 * 8000, 1), 0.1) * np.sin(np.arange(90 * 8000))[:, None], 8000)
    assert len(take_of(tmp_path / "long.wav").x) == 60 * 8000


def test_progress_comes_to_its_end(tmp_path, take):
    shares: list[float] = []
    preset = read_preset(preset_of(tmp_path))
    found, matches = matched(preset, take_of(take), progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert [match.pick for match in matches][:2] == [Pick(preset.amps[0].uid), Pick(preset.amps[1].uid)]
    assert [amp.chain for amp in found.amps] == [amp.chain for amp in preset.amps]


# --- which stand out ------------------------------------------------------------------------------------------------

THREE = "".join(
    f'[[amp]]\nname = "{name}"\nlevel = {level}\nchain = [{{ engine = "gain", gain = 0 }}]\n'
    for name, level in (("Clean", -9), ("Crunch", -8), ("Lead", -4))
)


def test_what_stands_out_is_beside_the_median():
    assert out_of({1: -20.0, 2: -20.5, 3: -16.0, 4: -24.0}) == pytest.approx({3: 4.25, 4: -3.75})
    assert out_of({1: -20.0}) == {} and out_of({1: -20.0, 2: -19.0}) == {}


def test_check_says_which_amps_stand_out(tmp_path, capsys):
    path = preset_of(tmp_path, THREE)
    assert main(["check", str(path)]) == 0
    told = capsys.readouterr()
    lines = [line for line in told.out.splitlines() if "than the others" in line]
    assert len(lines) == 1 and "Lead" in lines[0] and "4.0 dB louder than the others" in lines[0] and not told.err
    assert main(["check", str(path), "--json"]) == 0
    amps = json.loads(capsys.readouterr().out)["presets"][0]["amps"]
    assert [amp["stands_out"] for amp in amps] == [None, None, 4.0]
    assert amps[2]["lufs"] - amps[1]["lufs"] == pytest.approx(4.0)
    songs = "".join(f'[[song]]\nname = "{n}"\npreset = "own"\n' for n in "ab")
    (tmp_path / "set.toml").write_text(songs)
    assert main(["check", str(tmp_path / "set.toml")]) == 0
    assert "own/Lead is 4.0 dB louder than the others" in capsys.readouterr().out


def test_what_is_measured_is_known_until_something_is_turned(tmp_path):
    path = preset_of(tmp_path, THREE)
    assert main(["check", str(path)]) == 0
    preset, known = read_preset(path), KnownLoudness()
    document, (clean, crunch, lead) = Document((preset,)), preset.amps
    assert known.stand_out(document) == {lead.uid: pytest.approx(4.0)}
    right = document.with_preset(replace(preset, amps=(clean, crunch, replace(lead, level=-8.5))))
    assert known.stand_out(right) == {}, "a level is reckoned with"
    meant = document.with_preset(replace(preset, amps=(clean, crunch, replace(lead, louder=4.0))))
    assert known.stand_out(meant) == {}
    other = replace(lead, chain=(replace(lead.chain[0], params={"gain": 3.0}),))
    assert known.lufs(preset, lead) is not None and known.lufs(preset, other) is None, "nobody has heard that"
    squashed = replace(read_preset(preset_of(tmp_path, THREE + SQUASHED)), uid=preset.uid)
    assert known.lufs(squashed, lead) is None


def test_behind_a_compressor_a_level_is_not_reckoned_with(tmp_path):
    path = preset_of(tmp_path, THREE + SQUASHED)
    assert main(["check", str(path)]) == 0
    preset, known = read_preset(path), KnownLoudness()
    known.look()
    lead = preset.amps[2]
    assert known.lufs(preset, lead) is not None and known.lufs(preset, replace(lead, level=-6.0)) is None


def test_a_match_with_the_players_own_take_is_believed(tmp_path, take, capsys):
    path = preset_of(tmp_path)
    assert main(["check", str(path), "--match", "--di", str(take), "--target", "-28"]) == 0
    assert main(["check", str(path), "--json"]) == 0
    amps = json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["presets"][0]["amps"]
    assert [amp["lufs"] for amp in amps] == pytest.approx([-28, -28, -26], abs=0.25)


def test_a_cache_that_makes_no_sense_is_none(tmp_path):
    path = preset_of(tmp_path, THREE)
    main(["check", str(path)])
    cache.keep(known_loudness.KEPT, dict.fromkeys(cache.kept(known_loudness.KEPT), "loud"))
    assert KnownLoudness().stand_out(Document((read_preset(path),))) == {}


async def test_the_screen_marks_amps_that_stand_out() -> None:
    gig = FakeGig(3)
    async with playing(gig) as (screen, pilot):
        one, two, three = screen.amps
        marked = (one, replace(two, stands_out=4.2), replace(three, stands_out=-3.0))
        screen.set_view = replace(screen.set_view, amps=marked)
        await until(pilot, lambda: " +4 dB ─" in screen.tiles.text() and " -3 dB ─" in screen.tiles.text())


AMP = AmpView(0, "Lead", "1", "Blues", "Lead", ("Solo",), "Solo", 7, stands_out=4.2)


def test_a_scene_and_a_mark_do_not_overlap() -> None:
    tiles = Tiles()
    marked = 0
    for width in range(12, 60):
        sheet = Sheet(width, 5)
        tiles.amps = (AMP,)
        tiles.paint(sheet)
        top = sheet.plain().splitlines()[0]
        marked += "+4 dB" in top
        assert " Solo " in top and ("+4" in top) == ("━ +4 dB ━" in top), top
    assert 20 < marked < 48


def test_it_is_said_in_words() -> None:
    facts = {"name": "Lead", "path": "Lead", "plays": True, "scene": "", "scenes": [], "stands_out": 4.2}
    assert words.amp(facts) == "Lead, plays, 4.2 dB louder than the others"
    assert words.amp({**facts, "stands_out": -3.0}).endswith("3 dB softer than the others")
