"""`rig play --watch`, offline: files change while the gig goes on; what is heard, what is said, what stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import guitarml
from test_rebuild import RATE, chain_of, guitar
from test_rebuild import gig_of as without_watch

from rig.document import merge
from rig.document.document import AMPS, Amp, EngineSpec, Preset
from rig.gig import follower
from rig.gig.file_watcher import FileWatcher
from rig.gig.gig import Gig
from rig.native import Rack

PRESET = """
name = "Test"
[[amp]]
name = "Lead"
level = -3
chain = [{ engine = "gain", gain = 6 }, { model = "lead.json" }, { engine = "eq", bass = 2 }]
[[amp]]
name = "Clean"
key = "5"
chain = [{ engine = "gain", gain = -3 }]
[output]
chain = [{ ir = "one.wav" }]
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No waiting: every call looks."""
    monkeypatch.setattr(follower, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(follower, "AGAIN_SECONDS", 0.0)


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    for name in ("one", "two"):
        response = rng.normal(0, 1, 400) * np.exp(-np.arange(400) / 40)
        soundfile.write(tmp_path / f"{name}.wav", response / np.abs(response).max(), RATE, subtype="FLOAT")
    for name, channels in (("lead", 4), ("better", 6)):
        net = guitarml(rng, channels=channels, dilations=(1, 2, 4, 8))
        (tmp_path / f"{name}.json").write_text(json.dumps({**net, "esr": 0.01234} if name == "better" else net))
    (tmp_path / "set.toml").write_text(PRESET)
    return tmp_path


def gig_of(folder: Path) -> tuple[Gig, Rack]:
    watcher = FileWatcher()
    watcher.changed([folder / "set.toml", *folder.glob("*.json"), *folder.glob("*.wav")])
    return without_watch(folder, watcher=watcher)


def replaced(folder: Path, name: str, content: str | bytes) -> None:
    """A file written as a careful program does: beside it, then renamed."""
    (folder / "new").write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "new").replace(folder / name)


def followed(gig: Gig) -> list[tuple[str, bool]]:
    """What is said until nothing is left to be done."""
    said = []
    for _ in range(6):  # seen, come to rest, read, built, told
        gig.settle()
        said += gig.news()
    return [(news.message, news.wrong) for news in said]


def knobs(gig: Gig) -> dict[str, float]:
    return {param.path: param.value for engine in gig.chain() for param in engine.params}


def heard(rack: Rack, x: np.ndarray) -> np.ndarray:
    return rack.process(x)[0]


def sounds_like_a_fresh_start(folder: Path, rack: Rack, rng) -> None:
    x = guitar(rng, RATE)
    fresh = heard(gig_of(folder)[1], np.concatenate([x, x]))[-RATE // 2 :]
    now = heard(rack, np.concatenate([x, x]))[-RATE // 2 :]
    assert np.abs(now - fresh).max() < 1e-5
    assert np.abs(fresh).max() > 1e-3


def test_nothing_is_said_or_built_while_nothing_changes(folder):
    gig, _ = gig_of(folder)
    chains = [chain_of(gig, amp) for amp in range(2)]
    assert followed(gig) == []
    assert [chain_of(gig, amp) for amp in range(2)] == chains


def test_a_better_model_plays_as_if_it_had_always_been_there(folder, rng):
    gig, rack = gig_of(folder)
    heard(rack, guitar(rng, 4000))
    replaced(folder, "lead.json", (folder / "better.json").read_bytes())
    assert followed(gig) == [("reloaded lead.json: ESR 0.0123", False)]
    sounds_like_a_fresh_start(folder, rack, rng)


def test_a_cabinet_is_followed_too_and_knobs_stay(folder, rng):
    gig, rack = gig_of(folder)
    gig.do("set Lead.gain.gain 2")
    gig.do("set output.cab.level -4")
    replaced(folder, "one.wav", (folder / "two.wav").read_bytes())
    assert followed(gig) == [("reloaded one.wav", False)]
    assert (knobs(gig)["Lead.gain.gain"], knobs(gig)["output.cab.level"]) == (2, -4)
    gig.do("set Lead.gain.gain 6")
    gig.do("set output.cab.level 0")
    sounds_like_a_fresh_start(folder, rack, rng)


def test_a_file_that_plays_in_several_chains_is_told_once(folder):
    (folder / "set.toml").write_text(PRESET.replace('{ engine = "gain", gain = -3 }', '{ model = "lead.json" }'))
    gig, _ = gig_of(folder)
    before = [chain_of(gig, amp) for amp in range(2)]
    replaced(folder, "lead.json", (folder / "better.json").read_bytes())
    assert followed(gig) == [("reloaded lead.json: ESR 0.0123", False)]
    assert not any(chain_of(gig, amp) is chain for amp, chain in enumerate(before))


@pytest.mark.parametrize(
    ("name", "said"),
    [("lead.json", "lead.json: the file ends in the middle"), ("one.wav", "one.wav: is no sound file")],
)
def test_a_torn_file_is_said_once_and_what_played_plays_on(folder, rng, name, said):
    gig, rack = gig_of(folder)
    x, whole = guitar(rng, RATE), (folder / name).read_bytes()
    before = heard(rack, x)
    (folder / name).write_bytes(whole[:40])
    ((message, wrong),) = followed(gig)
    assert message.startswith(said), message
    assert message.endswith("what played plays on")
    assert wrong
    assert followed(gig) == []
    assert np.allclose(heard(rack, x)[RATE // 2 :], before[RATE // 2 :], atol=1e-6), (
        "what is constant is forgotten by then"
    )
    (folder / name).write_bytes(whole)
    assert followed(gig) == [(f"reloaded {name}", False)], "a fault is no end"


def test_a_file_that_is_gone_for_a_moment_is_no_fault(folder):
    gig, _ = gig_of(folder)
    (folder / "lead.json").rename(folder / "away.json")
    assert followed(gig) == []
    (folder / "away.json").rename(folder / "lead.json")
    assert followed(gig) == []


def test_a_file_that_is_being_written_is_read_when_it_has_come_to_rest(tmp_path):
    watch, path = FileWatcher(), tmp_path / "file"
    path.write_text("a")
    assert watch.changed([path]) == set(), "new here"
    for text in ("ab", "abc", "abcd"):
        path.write_text(text)
        assert watch.changed([path]) == set()
    assert watch.changed([path]) == {path}
    assert watch.changed([path]) == set()


def test_what_the_preset_changes_is_turned_and_what_it_leaves_stays(folder, rng):
    gig, rack = gig_of(folder)
    chain = chain_of(gig)
    gig.do("set Lead.gain.gain 2")
    gig.do("set Lead.eq.treble 1")
    replaced(folder, "set.toml", PRESET.replace("bass = 2", "bass = -4, mid = 3").replace("level = -3", "level = -9"))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert chain_of(gig) is chain, "knobs need no new chain"
    now = knobs(gig)
    assert {name: now[f"Lead.{name}"] for name in ("gain.gain", "eq.bass", "eq.mid", "eq.treble")} == {
        "gain.gain": 2,
        "eq.bass": -4,
        "eq.mid": 3,
        "eq.treble": 1,
    }
    gig.do("set Lead.gain.gain 6")
    gig.do("set Lead.eq.treble 0")
    sounds_like_a_fresh_start(folder, rack, rng)
    replaced(folder, "lead.json", (folder / "better.json").read_bytes())
    followed(gig)
    sounds_like_a_fresh_start(folder, rack, rng)


def test_engines_come_and_go_and_the_others_keep_their_knobs(folder, rng):
    gig, rack = gig_of(folder)
    gig.do("set Lead.eq.treble 1")
    text = PRESET.replace('[{ engine = "gain", gain = 6 }, ', '[{ engine = "gate" }, ').replace(
        "bass = 2 }]", 'bass = 2 }, { engine = "gain", gain = -2 }]'
    )
    replaced(folder, "set.toml", text)
    assert followed(gig) == [("reloaded set.toml", False)]
    assert [engine.name for engine in gig.chain() if engine.stands] == ["gate", "model", "eq", "gain", "cab"]
    assert (knobs(gig)["Lead.eq.treble"], knobs(gig)["Lead.gain.gain"]) == (1, -2)
    gig.do("set Lead.eq.treble 0")
    sounds_like_a_fresh_start(folder, rack, rng)


def test_another_file_in_the_preset_is_played_and_then_followed(folder, rng):
    gig, rack = gig_of(folder)
    gig.do("load output.cab two.wav")
    gig.settle()
    replaced(folder, "set.toml", PRESET.replace("lead.json", "better.json"))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert [view.file.name for engine in gig.chain() for view in engine.files] == ["better.json", "two.wav"]
    replaced(folder, "better.json", (folder / "lead.json").read_bytes())
    assert followed(gig) == [("reloaded better.json", False)]
    gig.do("load output.cab one.wav")
    gig.settle()
    sounds_like_a_fresh_start(folder, rack, rng)


def test_a_bad_preset_is_said_once_and_the_next_version_is_played(folder):
    gig, _ = gig_of(folder)
    replaced(folder, "set.toml", PRESET[:-20])
    ((message, wrong),) = followed(gig)
    assert message.startswith("set.toml: line ")
    assert wrong
    assert followed(gig) == []
    replaced(folder, "set.toml", PRESET.replace("bass = 2", "bass = 1"))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert knobs(gig)["Lead.eq.bass"] == 1


def test_a_preset_that_names_a_file_to_come_is_played_when_it_is_there(folder, rng):
    gig, rack = gig_of(folder)
    replaced(folder, "set.toml", PRESET.replace("lead.json", "later.json"))
    ((message, _),) = followed(gig)
    assert "no model file 'later.json'" in message
    replaced(folder, "later.json", (folder / "better.json").read_bytes())
    assert followed(gig) == [("reloaded set.toml", False)]
    sounds_like_a_fresh_start(folder, rack, rng)


def test_a_torn_model_in_a_new_version_is_played_when_it_is_whole(folder, rng):
    gig, rack = gig_of(folder)
    (folder / "later.wav").write_bytes(b"RIFF")
    replaced(folder, "set.toml", PRESET.replace("one.wav", "later.wav").replace("bass = 2", "bass = 1"))
    said = followed(gig)
    assert [wrong for _, wrong in said] == [True]
    assert "later.wav: is no sound file" in said[0][0]
    assert knobs(gig)["Lead.eq.bass"] == 1, "what can be applied is"
    replaced(folder, "later.wav", (folder / "two.wav").read_bytes())
    assert followed(gig) == [("reloaded later.wav", False)]
    sounds_like_a_fresh_start(folder, rack, rng)


def test_amps_that_come_and_go_keys_and_wiring_are_followed_too(folder, rng):
    gig, rack = gig_of(folder)
    wired = []
    gig.client.connections = lambda: (("rig:out_1", "system:playback_1"),)
    gig.client.connect = lambda wiring, input: wired.append(wiring.ports.get("in")) or []
    gig.connection.wire()
    gig.do("amp Clean")
    gig.do("set Lead.eq.treble 1")
    text = PRESET.replace('"Clean"\nkey = "5"', '"Glass"\nkey = "6"').replace("bass = 2", "bass = 1")
    text += '[[amp]]\nname = "Third"\nchain = [{ engine = "gain", gain = -9 }, { model = "better.json" }]\n'
    replaced(folder, "set.toml", text + '[jack]\nin = "other:out"\n')
    assert followed(gig) == [("connected", False), ("reloaded set.toml", False)]
    assert [(amp.name, amp.key) for amp in gig.amps] == [("Lead", "1"), ("Glass", "6"), ("Third", "2")]
    assert gig.amp.name == "Glass", "the second amp has another name"
    assert wired == [None, ("other:out",)]
    gig.do("amp Lead")
    assert (knobs(gig)["Lead.eq.bass"], knobs(gig)["Lead.eq.treble"]) == (1, 1)
    gig.do("set Lead.eq.treble 0")
    gig.do("amp Third")
    heard(rack, guitar(rng, 4000))
    replaced(folder, "set.toml", PRESET)
    assert followed(gig) == [("connected", False), ("reloaded set.toml", False)]
    assert [amp.name for amp in gig.amps] == ["Lead", "Clean"]
    assert gig.amp.name == "Clean", "the nearest that is left"
    gig.do("amp Lead")
    assert not gig.unsaved
    sounds_like_a_fresh_start(folder, rack, rng)


def test_the_wires_follow_whatever_changes_the_wiring(folder):
    gig, _ = gig_of(folder)
    wired = []
    gig.client.connect = lambda wiring, input: wired.append(wiring.ports.get("in")) or []
    gig.connection.wire()
    replaced(folder, "set.toml", PRESET + '[jack]\nin = "other:out"\n')
    followed(gig)
    gig.do("undo")
    gig.do("redo")
    gig.do("undo")
    gig.do("revert")
    gig.do("set Lead.eq.treble 1")
    assert wired == [None, ("other:out",)] * 3


def test_edits_stay_beside_what_the_file_changes(folder):
    gig, _ = gig_of(folder)
    gig.do("insert Lead.eq gate")
    gig.do("load output.cab two.wav")
    gig.do("rename Clean as Glass")
    replaced(folder, "set.toml", PRESET.replace("bass = 2", "bass = 1").replace("gain = -3", "gain = -5"))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert [engine.name for engine in gig.chain() if engine.stands] == ["gain", "model", "gate", "eq", "cab"]
    assert gig.unsaved
    gig.do("amp Glass")
    assert knobs(gig)["Glass.gain.gain"] == -5


def test_knobs_turned_while_a_chain_is_built_stay_and_files_too(folder):
    gig, _ = gig_of(folder)
    replaced(folder, "set.toml", PRESET.replace('[{ engine = "gain", gain = 6 }, ', '[{ engine = "gate" }, '))
    while "gate" not in [engine.name for engine in gig.chain()]:
        gig.install()
        gig.news()
    gig.do("set Lead.eq.mid 3")
    gig.do("load Lead.model better.json")
    followed(gig)
    assert knobs(gig)["Lead.eq.mid"] == 3
    assert [view.file.name for engine in gig.chain() for view in engine.files] == ["better.json", "one.wav"]


def test_without_watch_nothing_is_followed(folder):
    gig, _ = without_watch(folder)
    replaced(folder, "lead.json", (folder / "better.json").read_bytes())
    assert not gig.watching
    assert followed(gig) == []


# --- what both have changed ---------------------------------------------------------------------------------------


def strolled(random: Random, items: list, new: Callable[[], object]) -> list:
    """With some gone, some moved, some added."""
    found = [item for item in items if random.random() < 0.8]
    if random.random() < 0.5:
        random.shuffle(found)
    for _ in range(random.randint(0, 2)):
        found.insert(random.randint(0, len(found)), new())
    return found or items


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 2**32).map(Random))
def test_what_either_has_added_or_removed_is_so_for_both(random):
    def engine() -> EngineSpec:
        return EngineSpec(random.choice(("gain", "eq")), label=f"e{random.random()}")

    def amp() -> Amp:
        return Amp(f"Amp {random.random()}", tuple(engine() for _ in range(random.randint(0, 3))))

    def changed(preset: Preset) -> Preset:
        amps = strolled(random, list(preset.amps), amp)
        return replace(
            preset, amps=tuple(replace(a, chain=tuple(strolled(random, list(a.chain), engine))) for a in amps)
        )

    base = Preset(Path(), "Set", tuple(amp() for _ in range(random.randint(1, 4))))
    theirs, ours = changed(base), changed(base)
    found = merge.merged(base, theirs, ours)

    def ways(of: Callable[[Preset], Iterable]) -> list[list[int]]:
        return [[item.uid for item in of(preset)] for preset in (base, theirs, ours, found)]

    def are_merged(was: list[int], other: list[int], mine: list[int], now: list[int]) -> None:
        wanted = {uid for uid in (*other, *mine) if uid not in was or (uid in other and uid in mine)}
        assert set(now) == wanted or not wanted
        order = other if other != was else mine
        assert [uid for uid in now if uid in order] == [uid for uid in order if uid in now]
        for uid in set(mine) - {*was}:
            before = [other for other in mine[: mine.index(uid)] if other in now][-1:]
            assert all(now.index(other) < now.index(uid) for other in before), "behind what it stood behind"

    are_merged(*ways(lambda preset: preset.amps))
    for amp_uid in {a.uid for a in base.amps} & {a.uid for a in theirs.amps} & {a.uid for a in ours.amps}:
        if found.amp(amp_uid):
            are_merged(*ways(lambda preset, uid=amp_uid: preset.amp(uid).chain))


def test_what_the_player_added_plays_on_when_the_file_has_another_amp(folder):
    gig, _ = gig_of(folder)
    gig.do("copy Lead as Mine")
    gig.do("insert Lead.eq gate")
    replaced(folder, "set.toml", PRESET.replace("[output]", '[[amp]]\nname = "New"\nchain = []\n[output]'))
    assert followed(gig) == [("reloaded set.toml", False)]
    assert (gig.amp.name, [amp.name for amp in gig.amps]) == ("Mine", ["Lead", "Mine", "Clean", "New"])
    assert [spec.label for spec in gig.document.amps[0].chain] == ["gain", "model", "gate", "eq"]


def test_branches_that_the_file_takes_away_leave_nothing_behind(folder):
    blend = '{ engine = "blend", a = [{ engine = "gain" }], b = [{ engine = "eq" }] }'
    (folder / "set.toml").write_text(PRESET.replace('{ engine = "gain", gain = -3 }', blend))
    gig, _ = gig_of(folder)
    gig.do("insert Clean.eq gate")
    replaced(folder, "set.toml", PRESET)
    assert followed(gig) == [("reloaded set.toml", False)]
    assert [spec.label for spec in gig.document.amps[1].chain] == ["gain"]
    assert [spec.branch for spec in gig.document.amps[1].chain] == [""]


def test_a_file_with_which_there_are_too_many_amps_is_refused(folder):
    amps = [f'[[amp]]\nname = "{i}"\nchain = []\n' for i in range(AMPS)]
    (folder / "set.toml").write_text("".join(amps[:-1]))
    gig, _ = gig_of(folder)
    gig.do("new Mine")
    replaced(folder, "set.toml", "".join(amps))
    said = "set.toml: 65 amps in this set; 64 is the most; what played plays on"
    assert followed(gig) == [(said, True)]
    gig.do("delete 0")
    assert followed(gig) == [("reloaded set.toml", False)]
    assert gig.amp.name == "Mine"
