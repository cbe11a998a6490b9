"""`rig doctor`: what it finds in machines that are folders here, in servers that are values, and on real ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rig.capture import loopback
from rig.cli import main
from rig.errors import RigError
from rig.gig.opening import open_gig
from rig.jack import survey
from rig.jack.survey import Loopback, ServerFacts, Survey
from rig.report import doctor, fits, machine
from rig.report.fits import Fit
from rig.report.machine import NOTE, OK, STOP, WRONG, Finding, Machine

CPU = "sys/devices/system/cpu"
LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max locked memory         {memlock:<20} {memlock:<20} bytes
Max realtime priority     {rtprio:<20} {rtprio:<20}
"""
STATUS = "Name:\trig\nGroups:\t{groups}\nCapEff:\t{caps}\n"
CARDS = """ 0 [vc4hdmi        ]: vc4-hdmi - vc4-hdmi
                      vc4-hdmi
 1 [USB            ]: USB-Audio - Scarlett Solo USB
                      Focusrite Scarlett Solo USB at usb-0000:01:00.0-1.2, high speed
"""
INTERRUPTS = """           CPU0       CPU1
 16:        103          0   IO-APIC   16-fasteoi   xhci-hcd:usb1, i801_smbus
 17:         11          0   IO-APIC   17-fasteoi   ahci[0000:00:17.0]
 18:         11          0   IO-APIC   18-fasteoi   eth0, ahci
NMI:          0          0   Non-maskable interrupts
"""
GOOD = {
    "proc/self/limits": LIMITS.format(memlock="unlimited", rtprio="95"),
    "proc/self/status": STATUS.format(groups="29 1000", caps="0000000000000000"),
    "etc/group": "root:x:0:\naudio:x:29:pulse,ann\nann:x:1000:\n",
    "etc/security/limits.d/audio.conf": "# who plays\n@audio   -  rtprio     95\n@audio   -  memlock    unlimited\n",
    f"{CPU}/cpu0/cpufreq/scaling_governor": "performance\n",
    f"{CPU}/cpu1/cpufreq/scaling_governor": "performance\n",
    f"{CPU}/intel_pstate/no_turbo": "0\n",
    f"{CPU}/cpu0/cpuidle/state0/latency": "1\n",
    f"{CPU}/cpu0/cpuidle/state0/name": "C1\n",
    "proc/cmdline": "quiet threadirqs\n",
    "proc/asound/cards": CARDS,
    "proc/asound/card1/stream0": "Focusrite Scarlett Solo USB at usb-0000:01:00.0-1.2, high speed : USB Audio\n",
}
POOR = {
    "proc/self/limits": LIMITS.format(memlock="8388608", rtprio="0"),
    "proc/self/status": STATUS.format(groups="1000", caps="0000000000000000"),
}
PI = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Machine]:
    """A machine whose files are GOOD's, and others; None: it lacks that one."""

    def make(*changes: Mapping[str, str | None]) -> Machine:
        files: dict[str, str | None] = dict(GOOD)
        for change in changes:
            files |= change
        for name, text in files.items():
            if text is not None:
                path = tmp_path / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return Machine(tmp_path, "ann")

    return make


def of(found: tuple[Finding, ...], check: str) -> Finding:
    """The weightiest of what was found of it."""
    order = (OK, NOTE, WRONG, STOP)
    return max((finding for finding in found if finding.check == check), key=lambda f: order.index(f.verdict))


def test_a_good_machine_has_nothing_to_be_mended(tree):
    for machine_ in (tree(), tree(PI)):
        found = machine.findings(machine_)
        assert {finding.verdict for finding in found} == {OK}
        assert not any(finding.do for finding in found)
        assert "Scarlett Solo USB (USB)" in [finding.what for finding in found]


def test_an_empty_machine_is_looked_at_without_a_fault(tmp_path):
    found = machine.findings(Machine(tmp_path, "ann"))
    assert {f.check for f in found} == {"real-time priority", "locked memory", "interrupts", "sound card"}


@pytest.mark.parametrize(
    "changes, do",
    [
        ({}, "log out and in again: ann is in the group 'audio'"),
        ({"etc/group": "audio:x:29:pulse\n"}, "sudo adduser ann audio"),
        ({"etc/group": "audio:x:29:\n", "etc/security/limits.d/audio.conf": ""}, "echo '@audio - rtprio 95'"),
        ({"proc/self/status": STATUS.format(groups="29", caps="0")}, "UsePAM yes"),
        (
            {"etc/group": "pipewire:x:99:\n", "etc/security/limits.d/audio.conf": "@pipewire - rtprio 95\n"},
            "sudo adduser ann pipewire",
        ),
    ],
)
def test_who_may_not_have_priority_is_told_how_to_get_it(tree, changes, do):
    found = of(machine.findings(tree(POOR, changes)), "real-time priority")
    assert found.verdict == WRONG and do in found.do


def test_memory_that_may_be_swapped_out_is_said(tree):
    found = of(machine.findings(tree(POOR)), "locked memory")
    assert found.verdict == WRONG and found.what.startswith("8 MB")


def test_root_may_do_anything(tree):
    found = machine.findings(tree(POOR, {"proc/self/status": STATUS.format(groups="0", caps="000001ffffffffff")}))
    assert of(found, "real-time priority").verdict == of(found, "locked memory").verdict == OK


@pytest.mark.parametrize(
    "check, verdict, change, said",
    [
        ("processor speed", WRONG, {f"{CPU}/cpu1/cpufreq/scaling_governor": "schedutil\n"}, "schedutil"),
        ("boost", NOTE, {f"{CPU}/intel_pstate/no_turbo": "1\n"}, "off"),
        ("boost", NOTE, {f"{CPU}/intel_pstate/no_turbo": None, f"{CPU}/cpufreq/boost": "0\n"}, "off"),
        (
            "processor sleep",
            NOTE,
            {f"{CPU}/cpu0/cpuidle/state1/latency": "890\n", f"{CPU}/cpu0/cpuidle/state1/name": "C10\n"},
            "(C10) takes 890 µs",
        ),
        (
            "processor sleep",
            OK,
            {f"{CPU}/cpu0/cpuidle/state1/latency": "890\n", f"{CPU}/cpu0/cpuidle/state1/disable": "1\n"},
            "1 µs",
        ),
        ("interrupts", NOTE, {"proc/cmdline": "quiet\n"}, "not in threads"),
        ("interrupts", OK, {"proc/cmdline": "quiet\n", "sys/kernel/realtime": "1\n"}, "real-time kernel"),
        ("interrupts", NOTE, {"proc/interrupts": INTERRUPTS}, "16 is shared by xhci-hcd:usb1, i801_smbus"),
        ("sound card", WRONG, {"proc/asound/cards": "--- no soundcards ---\n"}, "none"),
        ("sound card", NOTE, {"proc/asound/card1/stream0": "Toy at usb-1, full speed : USB Audio\n"}, "12 Mbit/s"),
        ("power", WRONG, {**PI, "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n"}, "low a voltage"),
        ("power", WRONG, {**PI, "sys/devices/platform/soc/soc:firmware/get_throttled": "4\n"}, "too hot"),
    ],
)
def test_each_thing_is_found_and_its_fix_said(tree, check, verdict, change, said):
    found = of(machine.findings(tree(change)), check)
    assert found.verdict == verdict and said in found.what
    assert bool(found.do) == (verdict != OK)


def test_only_the_sound_cards_interrupt_matters(tree):
    shared = [f.what for f in machine.findings(tree({"proc/interrupts": INTERRUPTS})) if "shared" in f.what]
    assert len(shared) == 1


def test_a_pi_is_told_where_its_command_line_lies(tree):
    found = of(machine.findings(tree(PI, {"proc/cmdline": "quiet\n"})), "interrupts")
    assert "/boot/firmware/cmdline.txt" in found.do and "grub" not in found.do


def test_a_card_that_may_sleep_is_said(tree, tmp_path):
    usb = tmp_path / "sys/devices/usb1/1-1"
    (usb / "1-1:1.0").mkdir(parents=True)
    (usb / "power").mkdir()
    (usb / "power/control").write_text("auto\n")
    (tmp_path / "sys/class/sound/card1").mkdir(parents=True)
    (tmp_path / "sys/class/sound/card1/device").symlink_to(usb / "1-1:1.0")
    found = of(machine.findings(tree()), "sound card")
    assert found.verdict == NOTE and "put to sleep" in found.what and "echo on" in found.do


def test_room_on_the_disk_is_told_in_time():
    assert machine.disk(10**12, "/home").what == "room for 482 h of recording in /home"
    full = machine.disk(10**8, "/home")
    assert full.verdict == WRONG and full.what.startswith("room for 3 min")


# --- JACK -------------------------------------------------------------------------------------------------------------

SERVER = ServerFacts(48_000, 128, True, ("system:capture_1",), ("system:playback_1",))
JACK = Survey("JACK server 'default'", SERVER, library="libjack.so.0", jackd=True, card="USB")
NOBODY = replace(JACK, server=None)
PIPEWIRE = replace(JACK, called="PipeWire", pipewire=True, pipewires=True, has_pipewires=True)


def heard(seen: Survey) -> tuple[Finding, ...]:
    return tuple(doctor.audio(seen))


def test_a_good_server_has_nothing_to_be_mended():
    found = heard(replace(JACK, arguments=("-d", "alsa", "-d", "hw:1", "-n", "3")))
    assert {finding.verdict for finding in found} == {OK}
    assert found[1].what == "JACK server 'default': 48 kHz, periods of 128 frames, 2.7 ms, with real-time priority"


@pytest.mark.parametrize(
    "seen, verdict, what, do",
    [
        (replace(JACK, server=replace(SERVER, block=1024)), NOTE, "21.3 ms", "-p 128"),
        (replace(JACK, server=replace(SERVER, realtime=False)), WRONG, "without real-time", "-R"),
        (replace(JACK, server=replace(SERVER, outputs=())), WRONG, "no ports of a sound card", "-d alsa"),
        (replace(JACK, arguments=("-d", "dummy", "-r", "48000")), WRONG, "(-d dummy)", "-d alsa"),
        (replace(JACK, arguments=("-d", "alsa", "-n", "2")), NOTE, "two periods", "-n 3"),
        (replace(JACK, arguments=("-s", "-d", "alsa", "-n", "3")), NOTE, "-s", "leave -s out"),
        (replace(NOBODY, hangs=True), STOP, "does not answer", "killall"),
        (
            replace(NOBODY, refusal="no JACK server 'default' runs; 'x' does: take --server"),
            STOP,
            "'x'",
            "take --server",
        ),
        (replace(NOBODY, jackd=False), STOP, "no jackd", "apt install jackd2"),
        (NOBODY, OK, "rig play starts jackd on USB", ""),
    ],
)
def test_what_is_found_of_the_server(seen, verdict, what, do):
    found = of(heard(seen), "JACK")
    assert found.verdict == verdict and what in found.what and do in found.do
    assert not (found.do and verdict == OK)


def test_which_libjack_is_taken_is_said():
    assert of(heard(replace(NOBODY, library="")), "libjack").verdict == STOP
    assert "pipewire-jack" in of(heard(replace(NOBODY, library="", pipewire=True)), "libjack").do
    assert of(heard(PIPEWIRE), "libjack").what == "PipeWire's: rig plays on PipeWire"
    assert of(heard(replace(NOBODY, pipewire=True)), "libjack").verdict == WRONG
    assert of(heard(replace(JACK, pipewire=True)), "libjack").verdict == OK


def test_pipewires_quantum_is_told():
    settings = {"clock.quantum": "1024", "clock.min-quantum": "32", "clock.force-quantum": "0"}
    found = of(heard(replace(PIPEWIRE, settings=settings)), "PipeWire")
    assert found.verdict == NOTE and found.what.startswith("quantum 1024, at least 32") and "force-quantum" in found.do
    fixed = of(heard(replace(PIPEWIRE, settings={**settings, "clock.force-quantum": "64"})), "PipeWire")
    assert fixed.verdict == OK and fixed.what.endswith("fixed to 64")


def test_a_servers_arguments_are_found_by_its_name(tmp_path):
    for number, words in enumerate((["jackd", "-n", "x", "-d", "alsa"], ["jackd", "-d", "alsa", "-n", "2"], ["bash"])):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "cmdline").write_text("\0".join(words) + "\0")
    assert survey._arguments("x", tmp_path) == ("-n", "x", "-d", "alsa")
    assert survey._arguments("default", tmp_path) == ("-d", "alsa", "-n", "2")
    assert survey._arguments("y", tmp_path) == ()


# --- the rest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ, size, encoding, verdict, said",
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, (80, 24), "utf-8", OK, "80 x 24, all colours"),
        ({"TERM": "xterm", "SSH_CONNECTION": "1"}, (80, 24), "UTF-8", OK, "xterm over ssh, 80 x 24, 256 colours"),
        ({"TERM": "linux"}, (20, 5), "utf-8", WRONG, "20 x 5"),
        ({"TERM": "dumb"}, (80, 24), "utf-8", WRONG, "can't draw"),
        ({"TERM": "xterm"}, None, "utf-8", NOTE, "none"),
        ({"TERM": "xterm"}, (80, 24), "ascii", WRONG, "UTF-8"),
    ],
)
def test_terminals(environ, size, encoding, verdict, said):
    found = of(tuple(doctor.terminal(environ, size, encoding)), "terminal")
    assert found.verdict == verdict and said in found.what


def test_a_fit_is_the_smallest_period_from_which_on_all_fit():
    assert Fit("a", shares=(0.9, 0.6, 0.5, 0.5)).smallest == 64
    assert Fit("a", shares=(0.6, 0.8, 0.5, 0.5)).smallest == 128
    assert Fit("a", shares=(0.9, 0.9, 0.9, 0.9)).smallest is None
    said = doctor.of_fit(Fit("Blues", "Lead", (0.9, 0.6, 0.5, 0.5)), None)
    assert said.what == "Blues (Lead) fits from 64 frames on, and leaves 40 % of the period"
    small = doctor.of_fit(Fit("Blues", "Lead", (0.9, 0.6, 0.5, 0.5)), replace(SERVER, block=32))
    assert small.verdict == WRONG and "32 run" in small.what
    assert doctor.of_fit(Fit("a", shares=(2.0,) * 4), None).verdict == WRONG
    assert doctor.of_fit(Fit("a", fault="no such file"), None).what == "a does not play: no such file"


def test_fits_are_by_the_costliest_amp(tmp_path, monkeypatch):
    (tmp_path / "two.toml").write_text(
        'name = "Two"\n[[amp]]\nname = "Dry"\nchain = []\n[[amp]]\nname = "Wet"\nchain = [{ engine = "gain" }, { engine = "gain" }]\n'
    )
    monkeypatch.setattr(fits, "measured", lambda chain, block, rate: len(chain.units) * 16 / block)
    shown: list[float] = []
    (fit, broken) = fits.fits([tmp_path / "two.toml", tmp_path / "none.toml"], 48_000, shown.append)
    assert (fit.name, fit.amp, fit.shares) == ("Two", "Wet", (1.0, 0.5, 0.25, 0.125))
    assert broken.fault and not broken.shares and shown == [0.5, 1.0]
    assert fit.facts()["shares"] == {"32": 1.0, "64": 0.5, "128": 0.25, "256": 0.125}


def test_a_sets_presets_are_measured_once_each(tmp_path, monkeypatch):
    for name in ("One", "Two"):
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\n[[amp]]\nname = "Amp"\nchain = []\n')
    songs = "".join(f'[[song]]\nname = "{n}"\npreset = "{file}.toml"\n' for n, file in enumerate(("Two", "One", "Two")))
    (tmp_path / "friday.toml").write_text(f'name = "Friday"\n{songs}')
    monkeypatch.setattr(fits, "measured", lambda chain, block, rate: 0.5)
    found = fits.fits([tmp_path / "friday.toml", tmp_path / "One.toml"], 48_000)
    assert [fit.name for fit in found] == ["One", "Two"]


def test_the_measured_latency_is_held_against_jacks():
    right = doctor.of_loopback(Loopback("out", "in", 384, 8.0, 384))
    assert right.verdict == OK and right.what == "8.0 ms (384 frames) from out to in, as JACK says"
    late = doctor.of_loopback(Loopback("out", "in", 415, 8.6, 384))
    assert late.verdict == NOTE and "-I 15 -O 16" in late.do


@pytest.fixture
def here(monkeypatch, tree):
    """Let the command look at GOOD, and at a server of ours."""

    def look(seen: Survey, made: Machine | None = None) -> None:
        made = made or tree()
        monkeypatch.setattr(survey, "survey", lambda server: seen)
        monkeypatch.setattr(doctor, "Machine", lambda user: made)

    return look


def test_json_keeps_its_keys(here, capsys):
    here(JACK)
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["ok", "findings", "fits", "loopback"]
    assert found["ok"] and not found["fits"] and found["loopback"] is None
    assert all(list(finding) == ["check", "verdict", "what", "do"] for finding in found["findings"])


def test_the_status_is_1_where_rig_cannot_play(here, capsys):
    here(replace(NOBODY, jackd=False))
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "✗  JACK" in out and "→ sudo apt install jackd2" in out and "rig can't play here" in out


def test_the_status_is_0_where_something_should_be_mended(here, capsys, tree):
    here(JACK, tree(POOR))
    assert main(["doctor"]) == 0
    assert "rig plays here, but 2 things should be mended" in capsys.readouterr().out


def test_fits_are_shown_in_a_table(here, capsys, monkeypatch):
    here(JACK)
    monkeypatch.setattr(fits, "fits", lambda paths, rate, show: (Fit("Blues", "Lead", (1.2, 0.6, 0.5, 0.5)),))
    assert main(["doctor", "blues"]) == 0
    out = capsys.readouterr().out
    assert "Blues  Lead           120 %  60 %  50 %  50 %" in out and "fits from 64 frames on" in out


def test_a_cable_that_is_not_there_is_one_finding_among_others(here, capsys, monkeypatch):
    here(JACK)

    def measure(*given: object) -> None:
        raise RigError("nothing comes back from system:playback_1 to system:capture_1: put a cable there")

    monkeypatch.setattr(loopback, "measure", measure)
    assert main(["doctor", "--loopback", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"][-1]
    assert found == {
        "check": "latency",
        "verdict": WRONG,
        "what": "nothing comes back from system:playback_1 to system:capture_1",
        "do": "put a cable there",
    }


# --- on a server that runs --------------------------------------------------------------------------------------------


def test_a_server_that_runs_is_found(jack_server):
    seen = survey.survey(jack_server.name)
    assert seen.server and (seen.server.rate, seen.server.block) == (jack_server.rate, jack_server.block)
    assert seen.arguments and seen.server.outputs and not seen.hangs and not seen.refusal


@pytest.fixture
def cabled(jack_server, tmp_path):
    """A rig that plays nothing but what comes in, as the cable."""
    (tmp_path / "cable.toml").write_text('name = "Cable"\n[[amp]]\nname = "Cable"\nchain = []\n')
    gig = open_gig([tmp_path / "cable.toml"], name="cable", server=jack_server.name, connect=False)
    yield jack_server
    gig.close()


def test_a_cable_is_measured(cabled):
    found = loopback.measure(cabled.name, "cable:in", "cable:out_1")
    assert found.frames % cabled.block == 0 < found.frames  # JACK closes a circle with a period
    assert found.ms == pytest.approx(1000 * found.frames / cabled.rate)


def test_without_a_cable_that_is_said(jack_server):
    with pytest.raises(RigError, match=r"nothing comes back .* put a cable there"):
        loopback.measure(jack_server.name)
