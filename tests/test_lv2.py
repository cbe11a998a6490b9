"""LV2 plug-ins as engines: our own tiny ones, described and compiled here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import bundles
import numpy as np
import pytest
from bundles import uri

from rig import cache
from rig.cli import main
from rig.document import address
from rig.document.document import Document
from rig.document.read import examine, read_preset
from rig.document.writing import fresh, rewritten
from rig.engine import registry
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.memories import remembering
from rig.gig.render import load
from rig.lv2 import engines, lilv, plugin, state, verdicts
from rig.native import Chain, Rack, Unit
from rig.native import lv2 as native_lv2

RATE = 48_000


@pytest.fixture(scope="module", autouse=True)
def installed(compiler, tmp_path_factory) -> Iterator[None]:
    """The plug-ins of tests/plugins.c are the only ones, and nobody has tried them."""
    if not bundles.has_lilv():
        pytest.skip("needs lilv (Debian: liblilv-0-0)")
    folder = tmp_path_factory.mktemp("lv2")
    bundles.install(folder, compiler.library("plugins"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LV2_PATH", str(folder))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        lilv.world.cache_clear()
        yield
        lilv.world.cache_clear()


@pytest.fixture
def trusted(monkeypatch) -> None:
    """Nobody tries plug-ins first: that has tests of its own."""
    monkeypatch.setattr(verdicts, "try_out", lambda plugin: None)


def unit(name: str, files: dict[str, Path] | None = None, **params: float) -> Unit:
    """An engine that nobody tries first."""
    made = engines._made(uri(name))
    return Unit(made.engine, made.payload(files or {}), params, label="lv2")


def chain(name: str, *, channels: int = 1, **params: float) -> Chain:
    made = Chain([unit(name, **params)], RATE, channels=channels)
    made.prewarm()
    return made


# --- sound ---


def test_a_plug_in_plays_and_its_knobs_turn(rng):
    x = rng.normal(0, 0.1, 1000).astype(np.float32)
    c = chain("gain", gain=2.0)
    assert np.array_equal(c.process(x), 2 * x)
    c.set(0, 0, 0.5)
    assert np.array_equal(c.process(x), np.float32(0.5) * x)


def test_a_mono_one_has_two_sides_in_stereo_and_a_stereo_one_makes_two(rng):
    x = rng.normal(0, 0.1, (2, 500)).astype(np.float32)
    assert np.array_equal(chain("gain", channels=2, gain=3.0).process(x), 3 * x)
    assert np.array_equal(chain("swap", channels=2).process(x), x[::-1])
    c = chain("widen")
    assert c.channels == 2
    assert np.array_equal(c.process(np.stack([x[0], x[0]])), [x[0], -x[0]])


def test_what_is_beside_the_signal_is_the_guitar(rng):
    x, key = rng.normal(0, 0.1, (2, 500)).astype(np.float32)
    assert np.array_equal(chain("key").process(x, key), key)


def test_the_words_of_a_choice_stand_for_its_values(rng):
    x = rng.normal(0, 0.1, 100).astype(np.float32)
    param = registry()[f"lv2 {uri('choice')}"].param("gain")
    assert (param.choices, param.initial) == (("none", "some", "a-lot"), 1)
    assert np.array_equal(chain("choice", gain=2.0).process(x), 8 * x)


def test_it_is_told_the_tempo_and_the_sample_rate():
    assert not registry()[f"lv2 {uri('tempo')}"].params
    assert np.allclose(chain("tempo").process(np.zeros(64, np.float32), tempo=90.0), 0.09)
    assert np.allclose(chain("rate", hz=0.125).process(np.zeros(64, np.float32)), 0.125 * RATE / 1000)


def test_no_event_comes_in_and_there_is_room_for_those_that_come_out():
    c = chain("events")
    for _ in range(2):  # also when it has written some
        assert np.allclose(c.process(np.zeros(64, np.float32)), (20_000 - 8) / 1000)


def test_one_with_a_switch_of_its_own_is_switched_by_it(rng):
    x = rng.normal(0, 0.1, 1000).astype(np.float32)
    assert not registry()[f"lv2 {uri('switched')}"].params  # it is no knob
    c = chain("switched")
    assert np.array_equal(c.process(x), 3 * x)
    c.switch(0, False)
    assert np.array_equal(c.process(x), x)
    off = Chain([Unit(unit("switched").engine, unit("switched").payload, on=False)], RATE)
    assert np.array_equal(off.process(x), x)


def test_silence_for_ever_is_where_it_begins(rng):
    c = chain("counts")
    assert c.process(np.zeros(640, np.float32))[-1] > 0.01
    c.reset()
    assert c.process(np.zeros(64, np.float32))[0] == pytest.approx(0.001)


def test_what_it_says_does_not_get_to_the_terminal(capfd):
    chain("talks").process(np.zeros(64, np.float32))
    assert capfd.readouterr() == ("", "")


# --- worker ---


def test_offline_the_worker_has_answered_by_the_next_block():
    c = chain("worker", number=4.0)
    assert np.all(c.process(np.zeros(64, np.float32)) == 8.0)


def live(rack: Rack, blocks: int) -> np.ndarray:
    """What the process callback makes of silence."""
    from rig.native._c import ffi, lib

    x = np.zeros((4, 64), np.float32)
    rows = [ffi.from_buffer("float[]", row) for row in x]
    get = ffi.callback("void *(void *, uint32_t)", lambda port, frames: port)
    ports = zip(("in", "out_1", "out_2", "di"), rows, strict=True)
    client = ffi.new("rig_client *", {"rack": rack._c, "get_buffer": get, **dict(ports)})
    out = []
    for _ in range(blocks):
        lib.rig_process(64, client)
        out.append(x[1].copy())
    return np.array(out)


def racked(c: Chain) -> Rack:
    rack = Rack(RATE)
    rack.offer("amp", 0, c)
    rack.limit(False)
    rack.begin(open=True)
    return rack


def test_live_the_worker_is_a_thread_that_nobody_waits_for():
    c = chain("worker")
    rack = racked(c)
    assert not np.any(live(rack, 4))
    c.set(0, 0, 3.0)
    for _ in range(100_000):
        if np.all(live(rack, 1) == 6.0):
            break
    assert np.all(live(rack, 1) == 6.0)


def test_live_one_that_is_to_begin_anew_is_away_until_it_has():
    c = chain("counts")
    rack = racked(c)
    before = live(rack, 50)[-1, -1]
    assert before > 0.04
    rack.panic()
    heard = [float(live(rack, 1)[0, -1]) for _ in range(20)]
    assert 0.0 in heard
    for _ in range(100_000):
        heard.append(float(live(rack, 1)[0, -1]))
        if heard[-1] > 0:
            break
    assert 0 < heard[-1] < before


def test_live_no_plug_in_begins_anew_in_the_audio_thread_not_even_before_its_first_block():
    rack = Rack(RATE)
    rack.offer("amp", 0, chain("began"))
    rack.limit(False)
    rack.begin(open=False)
    rack.panic()
    live(rack, 1)
    rack.open()
    for _ in range(100_000):
        heard = float(live(rack, 1)[0, -1])
        if heard in (0.5, 1.0):
            break
    assert heard == 0.5


# --- tails ---


def test_a_delay_rings_until_it_is_silent(rng):
    c = chain("echo")
    rack = racked(c)
    rack.process(rng.normal(0, 0.1, 640).astype(np.float32))
    rack.play(1)  # which is empty: the guitar alone
    left, _, _ = rack.process(np.zeros(RATE, np.float32))
    peaks = np.abs(left.reshape(-1, 960)).max(axis=1)
    assert peaks[3] > 0.001  # 60 ms later, when the fade is long over
    assert peaks[-1] < 1e-4


# --- what comes late ---


def test_it_says_how_late_it_is_and_a_blend_waits_for_it(tmp_path, trusted, rng):
    assert chain("late").latency == 32
    path = tmp_path / "p.toml"
    entry = '{ engine = "lv2", plugin = "urn:rig-test:%s" }'
    blend = f'{{ engine = "blend", mix = 0.5, a = [{entry % "late"}], b = [{entry % "gain"}] }}'
    path.write_text(f'[[amp]]\nname = "A"\nchain = [{blend}]\n')
    document = Document((read_preset(path),))
    playing = load(document, document.amps[0].uid, RATE)
    c = playing.chain(Place("amp", document.amps[0].uid))[1]
    assert c.latency == 32
    x = rng.normal(0, 0.1, 640).astype(np.float32)
    assert np.allclose(c.process(x)[32:], x[:-32], atol=1e-6)


# --- what it remembers ---


def test_what_it_remembers_goes_into_a_file_and_comes_back(tmp_path):
    c = chain("state")
    assert native_lv2.state(c, 0, tmp_path) == ()  # nothing yet
    c.set(0, 0, 5.0)
    c.process(np.zeros(64, np.float32))
    kept = state.of_numbers(native_lv2.state(c, 0, tmp_path))
    path = tmp_path / "kept.state"
    path.write_text(state.written(kept, uri("state"), tmp_path))
    assert state.read(path, uri("state")) == kept
    again = Chain([unit("state", {"state": path})], RATE)
    again.prewarm()
    assert np.allclose(again.process(np.zeros(64, np.float32)), 5.0)


def test_a_file_that_it_names_is_a_file_of_the_engine(tmp_path):
    engine = registry()[f"lv2 {uri('state')}"]
    assert (engine.files, engine.optional) == ((), ("ir", "state"))
    path = tmp_path / "ir.wav"
    c = Chain([unit("state", {"ir": path})], RATE)
    assert np.allclose(c.process(np.zeros(64, np.float32)), 0.001 * len(str(path)))
    c.set(0, 0, 5.0)
    c.process(np.zeros(64, np.float32))
    kept = state.of_numbers(native_lv2.state(c, 0, tmp_path))
    assert 'value = "ir.wav"' in state.written(kept, uri("state"), tmp_path)


def test_any_type_of_property_is_kept(tmp_path):
    atom = state.ATOM
    kept = {
        "urn:a": state.Property(f"{atom}Float", np.float32(0.1).tobytes()),
        "urn:b": state.Property(f"{atom}Double", np.float64(0.1).tobytes(), 1),
        "urn:c": state.Property(f"{atom}Long", np.int64(-(1 << 40)).tobytes()),
        "urn:d": state.Property(f"{atom}String", b'a "b"\n' + b"\0"),
        "urn:e": state.Property("urn:own", bytes(range(256)) * 3),
        "urn:f": state.Property(f"{atom}String", b"\xff\xfe\0"),
        "urn:g": state.Property(f"{atom}Path", b"/far/away.wav\0", 1),
    }
    path = tmp_path / "x.state"
    path.write_text(state.written(kept, "urn:x", tmp_path))
    assert state.read(path, "urn:x") == kept == state.of_numbers(state.numbers(kept))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("plugin = 3", "this is the state of 3, not of urn:x"),
        ("plugin = 'urn:x'\nproperty = 2", "a property starts with [[property]]"),
        ("plugin = 'urn:x'\n[[property]]\nkey = 'a'", "property 1 is none"),
        ("plugin = 'urn:x'\n[[property]]\nkey = 'a'\ntype = 'b'\nvalue = 2", "property 1 is none"),
        ("plugin = 'urn:x'\n[[property]]\nkey = 'a'\ntype = 'b'\ndata = '!'", "property 1 is none"),
        ("plugin = ", "Invalid value"),
    ],
)
def test_a_faulty_state_is_told(tmp_path, text, fault):
    path = tmp_path / "x.state"
    path.write_text(text)
    with pytest.raises(RigError, match=f"^{path}: .*") as caught:
        state.read(path, "urn:x")
    assert fault in str(caught.value)


def test_a_file_is_loaded_into_it_by_a_player(tmp_path):
    path, other = tmp_path / "p.toml", tmp_path / "hall.wav"
    other.write_bytes(b"")
    path.write_text('[[amp]]\nname = "A"\nchain = [{ engine = "lv2", plugin = "urn:rig-test:state" }]\n')
    document = Document((read_preset(path),))
    spec, key, found = address.file(document, "A.lv2 hall.wav", document.amps[0].uid)
    assert (spec, key, found) == (document.amps[0].chain[0], "ir", other)


# --- what cannot be played ---


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("needy", "it requires urn:rig-test:nobody-has-it, which rig does not have"),
        ("voltage", "its port 'cv' is for control voltage, which rig does not have"),
        ("synth", "it has no audio input"),
        ("nonesuch", "no LV2 plug-in 'urn:rig-test:nonesuch' is installed"),
    ],
)
def test_what_cannot_be_played_says_why(name, why):
    with pytest.raises(RigError, match=why):
        registry()[f"lv2 {uri(name)}"]


def test_one_that_its_library_lacks_says_so():
    with pytest.raises(RigError, match="its library has no such plug-in"):
        unit("lost")


def test_of_very_many_knobs_the_first_are_shown():
    assert len(registry()[f"lv2 {uri('many')}"].params) == native_lv2.MOST_KNOBS - 1


# --- trial ---


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("crash", "it crashes (SIGSEGV)"),
        ("nan", "it makes what is no sound (NaN, or far too loud)"),
        ("ends", "it ends the program (status 3)"),
    ],
)
def test_what_would_end_the_gig_is_refused(name, why):
    engine = registry()[f"lv2 {uri(name)}"]
    with pytest.raises(RigError) as caught:
        engine.load({}, {}, RATE)
    assert str(caught.value).startswith(f"Test {name}: {why}")


def test_what_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(verdicts, "SECONDS", 1.0)
    assert verdicts._tried(uri("hang")) == "it hangs"


def test_what_takes_all_memory_is_ended(monkeypatch):
    monkeypatch.setattr(verdicts, "BYTES", 300 << 20)
    assert verdicts._tried(uri("hungry")).startswith("it takes more than")


def test_a_verdict_is_kept_until_the_plug_in_is_another(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found, tried = plugin.plugin(uri("gain")), []
    monkeypatch.setattr(verdicts, "_tried", lambda of: tried.append(of) or "")
    for _ in range(2):
        monkeypatch.setattr(verdicts, "_known", {})
        verdicts.try_out(found)
    assert len(tried) == 1
    assert uri("gain") in cache.kept(verdicts.KEPT)
    os.utime(found.library, ns=(1, found.library.stat().st_mtime_ns + 10**9))
    monkeypatch.setattr(verdicts, "_known", {})
    verdicts.try_out(found)
    assert len(tried) == 2


def test_a_folder_that_cannot_be_written_keeps_nothing(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(verdicts, "_known", {})
    monkeypatch.setattr(verdicts, "_tried", lambda of: "")
    verdicts.try_out(plugin.plugin(uri("gain")))


# --- presets ---


PRESET = """name = "P"

[[amp]]
name = "A"
chain = [
  { engine = "lv2", plugin = "urn:rig-test:gain", params = { gain = 2 } },  # the first
  { id = "more", engine = "lv2", plugin = "urn:rig-test:choice", params = { gain = "a-lot" }, on = false },
]

[[amp.scene]]
name = "Loud"
set = { lv2.gain = 4, more.on = true }

[midi]
cc = { 7 = "A.lv2.gain" }
"""


@pytest.fixture
def preset(tmp_path) -> Path:
    path = tmp_path / "p.toml"
    path.write_text(PRESET)
    return path


def changed(preset, change):
    from dataclasses import replace

    amp = preset.amps[0]
    return replace(preset, amps=(replace(amp, chain=change(list(amp.chain))),))


def test_a_preset_names_plug_ins_and_their_knobs(preset):
    read = read_preset(preset)
    first, second = read.amps[0].chain
    assert (first.engine, first.params, first.label) == ("lv2 urn:rig-test:gain", {"gain": 2.0}, "lv2")
    assert (second.params, second.on, second.label) == ({"gain": 2.0}, False, "more")
    assert list(read.amps[0].scenes[0].values.values()) == [4.0, 1.0]
    assert [binding.to.knob for binding in read.midi.cc.values()] == ["gain"]


def test_knobs_are_written_where_they_stand(preset):
    from dataclasses import replace

    read = read_preset(preset)
    turned = changed(read, lambda c: [replace(c[0], params={"gain": 0.5}), replace(c[1], params={}, on=True)])
    text = rewritten(PRESET, read, turned)
    assert '"urn:rig-test:gain", params = { gain = 0.5 } },  # the first' in text
    assert '{ id = "more", engine = "lv2", plugin = "urn:rig-test:choice" },' in text


def test_a_table_of_knobs_with_a_header_keeps_its_comments(tmp_path):
    from dataclasses import replace

    text = (
        'name = "P"\n[[amp]]\nname = "A"\n[[amp.chain]]\nengine = "lv2"\nplugin = "urn:rig-test:gain"\n'
        "[amp.chain.params]\ngain = 2 # loud\n"
    )
    path = tmp_path / "p.toml"
    path.write_text(text)
    read = read_preset(path)
    turned = changed(read, lambda c: [replace(c[0], params={"gain": 3.0})])
    assert rewritten(text, read, turned) == text.replace("gain = 2", "gain = 3")


def test_a_new_file_reads_as_what_it_was_made_of(preset):
    read = read_preset(preset)
    text = fresh(read)
    assert '{ engine = "lv2", plugin = "urn:rig-test:gain", params = { gain = 2 } }' in text
    preset.write_text(text)
    assert [s.params for s in read_preset(preset).amps[0].chain] == [s.params for s in read.amps[0].chain]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('engine = "lv2"', 'lv2 needs a plug-in: plugin = "http://..."'),
        (
            'engine = "lv2", plugin = "urn:rig-test:gian"',
            "no LV2 plug-in 'urn:rig-test:gian' is installed; did you mean",
        ),
        (
            'engine = "lv2", plugin = "urn:rig-test:gain", params = { gian = 1 }',
            "Test gain has no knob 'gian'; did you mean 'gain'",
        ),
        (
            'engine = "lv2", plugin = "urn:rig-test:gain", params = { gain = 11 }',
            "lv2 gain = 11 is out of range: 0 to 10",
        ),
        ('engine = "lv2", plugin = "urn:rig-test:gain", gain = 1', "has no 'gain'"),
        ('engine = "lv2", plugin = "urn:rig-test:needy"', "Test needy: it requires"),
        ('engine = "gain", plugin = "urn:rig-test:gain"', "gain has no 'plugin'"),
    ],
)
def test_a_faulty_entry_is_told(tmp_path, entry, fault):
    path = tmp_path / "p.toml"
    path.write_text(f'[[amp]]\nname = "A"\nchain = [{{ {entry} }}]\n')
    _, faults = examine(path)
    assert len(faults) == 1
    assert fault in faults[0]


def test_without_lilv_the_fault_says_what_to_install(preset, monkeypatch):
    monkeypatch.setattr(lilv, "LIBRARY", "libnonesuch.so.0")
    lilv.world.cache_clear()
    monkeypatch.setattr(engines, "_all", {})
    try:
        _, faults = examine(preset)
        assert "install it (Debian: apt install liblilv-0-0)" in faults[0]
    finally:
        lilv.world.cache_clear()


# --- listing ---


def test_installed_plug_ins_are_listed_and_found(capsys):
    assert main(["engines", "--lv2"]) == 0
    said = capsys.readouterr().out
    assert "Test gain" in said
    assert "urn:rig-test:needy: it requires" in said
    assert main(["engines", "--lv2", "delay", "--json"]) == 0
    (only,) = json.loads(capsys.readouterr().out)
    assert (only["uri"], only["kind"], only["inputs"], only["outputs"]) == (uri("echo"), "Delay", 1, 1)
    assert main(["engines", "--lv2", "rig-test:choice"]) == 0
    assert "none | some | a-lot" in capsys.readouterr().out
    assert main(["engines", "--lv2", "nonesuch"]) == 1
    assert "no installed LV2 plug-in is called 'nonesuch'" in capsys.readouterr().err


# --- saving ---


def test_what_a_plug_in_has_learnt_is_saved_beside_its_preset(tmp_path, trusted):
    path = tmp_path / "p.toml"
    entry = '{ engine = "lv2", plugin = "urn:rig-test:state" }'
    path.write_text(f'[[amp]]\nname = "A"\nchain = [{entry}]\n[[amp]]\nname = "B"\nchain = [{entry}, {entry}]\n')
    document = Document((read_preset(path),))
    playing = load(document, document.amps[0].uid, RATE)
    assert remembering(document, playing) == (document, ())  # none has learnt anything
    for amp, value in zip(document.amps, (3.0, 4.0), strict=True):
        c = playing.chain(Place("amp", amp.uid))[1]
        c.set(0, 0, value)
        c.process(np.zeros(64, np.float32))
    after, written = remembering(document, playing)
    assert [file.name for file in written] == ["p-lv2.state", "p-lv22.state"]
    text = rewritten(path.read_text(), document.presets[0], after.presets[0])
    assert text.count("state = ") == 2
    path.write_text(text)
    again = Document((read_preset(path),))
    playing = load(again, again.amps[0].uid, RATE)
    heard = [playing.chain(Place("amp", amp.uid))[1].process(np.zeros(64, np.float32))[-1] for amp in again.amps]
    assert np.allclose(heard, [3.0, 0.0])  # the second of B has learnt nothing
    assert remembering(again, playing) == (again, ())
