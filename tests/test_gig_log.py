"""What goes wrong in a gig is written down, never holds it up, and is told afterwards."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fake_gig import FakeGig

from rig.cli import main
from rig.errors import RigError
from rig.gig import gig_log
from rig.gig.gig_log import GUARD, JACK, LATE, OVERLOAD, XRUN, GigLog, GigRecord, Incident
from rig.gig.incidents import Incidents, words
from rig.gig.opening import open_gig
from rig.report import last_gig

NOON = 1_700_000_000.0
LEAD = (("Lead.model", 0.61), ("Lead.eq", 0.01))


class Clock:
    """Stands until it is set."""

    now = NOON

    def __call__(self) -> float:
        return self.now


class Gig(FakeGig):
    """A fake gig whose incidents we look for by hand, with a load and costs of our own."""

    cost = LEAD

    def start_over(self) -> None:
        super().start_over()
        self.sounding.costs = lambda: self.cost


@pytest.fixture
def watched():
    """look(mean=..., after=..., **changes): change the gig, let so many seconds pass, and look."""
    gig = Gig()
    gig.incidents = Incidents(gig, GigLog(Clock()))
    clock = Clock()

    def look(mean: float = 0.1, after: float = 1.0, **changes: object) -> tuple[Incident, ...]:
        gig.set(**changes)
        clock.now += after
        before = gig.incidents.log.incidents
        gig.incidents.look(quiet(), mean, clock.now)
        return tuple(one for one in gig.incidents.log.incidents if one not in before)

    def quiet():
        seen, log = gig.incidents, gig.incidents.log
        gig.incidents = Incidents(gig, GigLog())  # status() looks, too
        try:
            return gig.status()
        finally:
            gig.incidents = seen
            assert gig.incidents.log is log

    look.gig = gig
    look()
    return look


def test_nothing_is_noted_while_all_is_well(watched):
    assert watched() == watched(load=0.8) == ()


def test_a_missed_period_is_noted_with_what_played_and_what_it_took(watched):
    (one,) = watched(xruns=3, load=0.4, mean=0.35)
    assert (one.kind, one.count, one.preset, one.amp) == (XRUN, 3, "Blues", "Clean")
    assert (one.load, one.mean, one.costs) == (0.4, 0.35, LEAD)
    assert watched(load=0.4) == ()


def test_a_late_callback_is_noted(watched):
    (one,) = watched(load=1.2)
    assert (one.kind, one.load) == (LATE, 1.2)


def test_a_chain_that_does_not_fit_is_noted_once(watched):
    assert [one.kind for one in watched(mean=0.97)] == [OVERLOAD]
    assert watched(mean=0.9) == watched(mean=0.99) == watched(mean=0.5) == ()
    assert [one.kind for one in watched(mean=1.5, after=10.0)] == [OVERLOAD]


def test_what_the_guard_catches_is_noted_by_name(watched):
    watched.gig.fault("model")
    watched.gig.fault("model")
    (one,) = watched()
    assert (one.kind, one.what, one.count) == (GUARD, "Clean.model", 2)
    assert watched() == ()


def test_jack_gone_and_back_is_noted(watched):
    assert [(one.kind, one.what) for one in watched(alive=False)] == [(JACK, "gone")]
    assert [one.what for one in watched(alive=True, after=2.5)] == ["back after 2.5 s"]


def test_a_server_that_hangs_is_silent_and_not_gone(watched):
    watched.gig.connection.stalled = True
    assert [one.what for one in watched()] == ["silent"]


def test_another_period_is_noted(watched):
    watched.gig.client.block = 256
    assert [one.what for one in watched()] == ["in periods of 256 frames, no longer 64"]
    assert watched.gig.incidents.log.record.block == 256


def test_how_long_each_amp_was_heard_is_counted_but_not_while_nobody_looked(watched):
    watched(after=2.0)
    watched.gig.do("amp 2")
    watched(after=3.0)
    watched(after=1000.0)
    record = watched.gig.incidents.log.record
    assert record.played == (("Blues", "Clean", 2.0), ("Blues", "Crunch", 3.0))
    assert record.costliest == LEAD


def test_a_status_looks_for_incidents(monkeypatch):
    gig = FakeGig()
    gig.status()
    gig.set(xruns=2)
    gig.status()
    assert [(one.kind, one.count) for one in gig.incidents.log.incidents] == [(XRUN, 2)]


# --- the log ----------------------------------------------------------------------------------------------------------


def xrun(at: float, count: int = 1, **changes: object) -> Incident:
    return replace(Incident(NOON + at, XRUN, "missed", count, "Blues", "Lead", 0.9, 0.6, LEAD), **changes)


def test_what_goes_on_is_one_incident():
    log = GigLog(Clock())
    for tenth in range(20):
        log.note(xrun(tenth / 10, 2, load=0.9 + tenth / 100))
        log.note(replace(xrun(tenth / 10), kind=LATE))
    assert [(one.kind, one.count, one.at) for one in log.incidents] == [(XRUN, 40, NOON), (LATE, 20, NOON)]
    assert log.incidents[0].load == pytest.approx(1.09)
    log.note(xrun(2.0, amp="Clean"))
    log.note(xrun(30.0))
    assert len(log.incidents) == 4
    assert log.record.counts == {XRUN: 42, LATE: 20}


def test_a_storm_takes_no_more_room_than_there_is(tmp_path):
    log = GigLog(Clock())
    for minute in range(2 * gig_log.RING):
        log.note(xrun(60.0 * minute))
    assert len(log.incidents) == gig_log.RING
    assert log.record.counts == {XRUN: 2 * gig_log.RING}
    gig_log.write(log.record, tmp_path / "gig-1.json")
    assert (tmp_path / "gig-1.json").stat().st_size < gig_log.LIMIT / 4


def test_a_file_reads_as_it_was_written_and_is_its_owners(tmp_path):
    clock = Clock()
    log = GigLog(clock)
    log.server("JACK server 'default'", 48_000, 64)
    log.played("Blues", "Lead", 12.5, LEAD, 0.9)
    log.note(xrun(1.0))
    log.write_into(tmp_path / "state" / "rig")
    clock.now += 60.0
    log.close()
    found = gig_log.read(gig_log.latest(tmp_path / "state" / "rig"))
    assert found == log.record and found.ended and found.until == NOON + 60.0
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700
    assert not list(log.path.parent.glob("*.part")) and not log.fault


def test_a_log_that_cannot_be_written_holds_nobody_up(tmp_path):
    (tmp_path / "file").write_text("in the way")
    gig = FakeGig()
    gig.incidents.log.write_into(tmp_path / "file" / "rig")
    gig.incidents.log.close()
    gig.status()
    gig.status()
    (said,) = gig.news()
    assert said.message.startswith("no log of this gig: ") and not said.wrong


def test_few_gigs_are_kept_and_no_half_written_ones(tmp_path):
    for number in range(30):
        (tmp_path / f"gig-2020-01-01-0000{number:02}-1.json").write_text("{}")
    for name in (".gig-2020.json.7.part", ".last.json.7.part"):
        (tmp_path / name).write_text("{")
        os.utime(tmp_path / name, (NOON, NOON))
    log = GigLog()
    log.write_into(tmp_path)
    log.close()
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == gig_log.GIGS and kept[-1] == log.path


def test_no_gig_and_no_log_of_one_are_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert main(["doctor", "--last"]) == 1
    assert "no gig was played yet" in capsys.readouterr().err
    (tmp_path / "rig").mkdir()
    for text in ("{", "[]", '{"incidents": 3}', "{}", '{"version": 1, "incidents": [{"costs": [1]}]}'):
        (tmp_path / "rig" / "gig-1.json").write_text(text)
        with pytest.raises(RigError, match="no log of a gig"):
            gig_log.read(tmp_path / "rig" / "gig-1.json")


# --- in sentences -----------------------------------------------------------------------------------------------------

GOOD = GigRecord(
    began=NOON,
    until=NOON + 4320,
    ended=True,
    process=1,
    rate=48_000,
    block=64,
    server="JACK server 'default'",
    played=(("Blues", "Clean", 1200.0), ("Blues", "Lead", 3120.0)),
    costliest=LEAD,
    worst_load=0.72,
)


def at(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(NOON + seconds))


def test_a_good_gig_is_told():
    first, *rest = last_gig.sentences(GOOD, False)
    assert first.startswith("The gig of Tuesday 14 November") or first.startswith("The gig of Wednesday 15 November")
    assert first.endswith("played for 1 h 12 min, until it was left.")
    assert rest == [
        "It ran on JACK server 'default' at 48 kHz in periods of 64 frames (1.3 ms).",
        "Heard: Lead of Blues 52 min, Clean of Blues 20 min.",
        "The costliest engine was Lead.model, 61 % of a core; the worst callback took 72 % of its period.",
        "No period was missed.",
        "Every engine gave numbers.",
    ]


def test_a_bad_gig_is_told():
    incidents = (
        xrun(60.0, 2, load=1.3),
        replace(xrun(60.0), kind=LATE, load=1.3),
        replace(xrun(70.0), kind=OVERLOAD, what="Lead.model is left out"),
        replace(xrun(80.0, 3), kind=GUARD, what="Lead.model"),
        replace(xrun(90.0), kind=JACK, what="gone"),
        replace(xrun(93.0), kind=JACK, what="back after 3.0 s"),
    )
    counts = {XRUN: 5, LATE: 1, OVERLOAD: 1, GUARD: 3, JACK: 2}
    told = list(last_gig.sentences(replace(GOOD, ended=False, incidents=incidents, counts=counts), False))
    assert f"was not left: it was killed, or the power went, at about {at(4320)}" in told[0]
    assert told[4:] == [
        f"Missed periods: 5, 2 at {at(60)} while Lead of Blues played (load 130 %); and 3 more.",
        "Lead took up to 130 % of a period, most of it for Lead.model: lower its quality, or take a longer period.",
        f"Callbacks of rig's that took longer than their period: 1, at {at(60)} while Lead of Blues played (load 130 %).",
        "The period was too short for what played: "
        f"Lead.model is left out at {at(70)} while Lead of Blues played (load 90 %).",
        f"The guard caught what was no number, and reset it: Lead.model at {at(80)}, 3 times.",
        f"JACK was gone at {at(90)}, back after 3.0 s at {at(93)}.",
    ]


def test_others_are_named_where_it_was_not_us():
    told = list(last_gig.sentences(replace(GOOD, incidents=(xrun(1.0, load=0.2),), counts={XRUN: 1}), False))
    assert "Each time rig took less than 70 % of the period: something else was late; see rig doctor." in told


def test_a_gig_that_goes_on_is_told_so(tmp_path):
    (tmp_path / "1").mkdir()
    assert last_gig.lasts(replace(GOOD, ended=False), tmp_path) and not last_gig.lasts(GOOD, tmp_path)
    assert not last_gig.lasts(replace(GOOD, ended=False, process=2), tmp_path)
    assert next(last_gig.sentences(GOOD, True)).endswith(", and goes on.")


def test_the_command_tells_the_last_gig(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "rig").mkdir()
    gig_log.write(GOOD, tmp_path / "rig" / "gig-1.json")
    assert main(["doctor", "--last"]) == 0
    assert "No period was missed." in capsys.readouterr().out.splitlines()
    assert main(["doctor", "--last", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["goes_on"] is False and found["costliest"][0] == ["Lead.model", 0.61]


def test_the_screen_says_what_it_has_not_said():
    one = xrun(0.0)
    assert words(one) == "a period missed while Lead played, worst load 90 %; Lead.model takes 61 % of a core"
    assert words(replace(one, count=3)).startswith("3 periods missed while Lead played")
    assert words(replace(one, kind=JACK, what="gone")) == "JACK: gone"
    assert words(replace(one, kind=GUARD)) == words(replace(one, kind=JACK, what="silent")) == ""


def test_logs_lie_where_the_desktop_keeps_state(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/there")
    assert gig_log.folder() == Path("/there/rig")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert gig_log.folder() == Path.home() / ".local/state/rig"


def test_a_gig_on_jack_is_logged(jack_server, tmp_path):
    (tmp_path / "dry.toml").write_text('name = "Dry"\n[[amp]]\nname = "Clean"\nchain = [{ engine = "gain" }]\n')
    gig = open_gig([tmp_path / "dry.toml"], server=jack_server.name, connect=False, log=tmp_path / "rig")
    gig.status()
    gig.status()
    gig.close()
    record = gig_log.read(gig_log.latest(tmp_path / "rig"))
    assert record.ended and (record.rate, record.block) == (jack_server.rate, jack_server.block)
    assert [(preset, amp) for preset, amp, _ in record.played] == [("Dry", "Clean")]
    assert [engine for engine, _ in record.costliest] == ["Clean.gain"]
