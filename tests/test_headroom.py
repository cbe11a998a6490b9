"""What is said of an overload, before it and while it lasts, and what is played at its lightest meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_gig import FakeGig
from model_files import write
from networks import nam_array, nam_wavenet
from test_tui import playing, seen, until

from rig.gig import headroom
from rig.gig.gig_log import GUARD, OVERLOAD
from rig.gig.incidents import words
from rig.remote.protocol import status_facts
from rig.remote.words import status as in_words


@pytest.fixture
def gig() -> FakeGig:
    return FakeGig(2)


class Clock:
    def __init__(self, monkeypatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(headroom.time, "monotonic", lambda: self.now)

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


def meters(gig: FakeGig, **changes: object) -> None:
    """What the rack says from now on."""
    plain = type(gig.reconciler.rack).meters(gig.reconciler.rack)
    gig.reconciler.rack.meters = lambda: type(plain)(**{**vars(plain), **changes})


def said(gig: FakeGig) -> list[str]:
    gig.status()
    return [news.message for news in gig.news()]


def uid(gig: FakeGig, label: str) -> int:
    return next(spec.uid for spec in gig.amp.chain if spec.label == label)


def test_what_is_left_out_is_named_at_once_and_again_when_it_plays(gig):
    assert said(gig) == []
    model = uid(gig, "model")
    gig.reconciler.takes[model], gig.reconciler.left_out[model] = 3.1, "time"
    assert said(gig) == [
        "overload: Clean.model is left out; Clean takes 310 % of the period: lower a model's quality, or take a longer "
        "period"
    ]
    status = gig.status()
    assert status.left_out == (("Clean.model", "time"),)
    assert in_words(status_facts(status)).endswith(", Clean.model is left out")
    assert said(gig) == [], "once"
    gig.reconciler.left_out.clear()
    assert said(gig) == ["there is room again: Clean.model plays"]
    assert gig.status().left_out == ()
    assert [(one.kind, one.what) for one in gig.incidents.log.incidents] == [(OVERLOAD, "Clean.model is left out")]
    assert words(gig.incidents.log.incidents[0]) == "", "the screen has said it"


def test_of_another_amp_nothing_is_said(gig):
    gig.reconciler.left_out[uid(gig, "model")] = "time"
    assert len(said(gig)) == 1
    gig.do("amp 2")
    assert said(gig) == []
    assert gig.status().left_out == ()


def test_one_that_breaks_again_and_again_is_told_apart(gig):
    gig.reconciler.left_out[uid(gig, "eq")] = "broken"
    told = "Clean.eq breaks again and again, and is left out: panic, or switching it off and on, tries it again"
    assert said(gig) == [told]
    assert gig.incidents.log.incidents[-1].kind == GUARD


def test_an_amp_that_will_not_fit_is_marked_before_it_is_played(gig):
    lead = gig.document.amps[1]
    gig.reconciler.takes |= {spec.uid: 0.5 for spec in lead.chain}
    assert [amp.too_much for amp in gig.amps] == [0.0, 1.5]
    gig.reconciler.takes |= {spec.uid: 0.3 for spec in lead.chain}
    assert [amp.too_much for amp in gig.amps] == [0.0, 0.0]


def test_it_is_said_when_it_gets_tight_and_again_only_when_it_has_been_loose(gig, clock):
    told = "Clean takes 74 % of the period: little is left for a switch or a bad moment"
    meters(gig, load_mean=0.74)
    assert said(gig) == []
    clock.pass_(headroom.TIGHT_SECONDS)
    assert said(gig) == [told]
    for mean in (0.69, 0.74):
        meters(gig, load_mean=mean)
        clock.pass_(headroom.TIGHT_SECONDS)
        said(gig)
        clock.pass_(headroom.TIGHT_SECONDS)
        assert said(gig) == []
    meters(gig, load_mean=0.5)
    said(gig)
    meters(gig, load_mean=0.74)
    said(gig)
    clock.pass_(headroom.TIGHT_SECONDS)
    assert said(gig) == [told]


def test_an_amp_that_does_not_get_through_its_catching_up_is_told_as_that(gig, clock):
    meters(gig, settled=False)
    assert said(gig) == []
    clock.pass_(headroom.STUCK_SECONDS)
    assert said(gig) == ["Clean does not get through its catching up; what played plays on"]
    clock.pass_(headroom.STUCK_SECONDS)
    assert said(gig) == []


def test_tails_and_switches_that_have_to_give_way_are_told(gig, clock):
    meters(gig, relief=1, tails_ended=2)
    assert said(gig) == ["overload: what rang on was ended, so that what plays fits into the period"]
    meters(gig, relief=2, tails_ended=2)
    assert said(gig) == ["overload: there is little time for switches: they take longer, or have a gap"]
    meters(gig, relief=3, tails_ended=2)
    said(gig)
    meters(gig, relief=2, tails_ended=2)
    clock.pass_(headroom.AGAIN_SECONDS)
    assert said(gig) == [], "it is on its way back"


@pytest.fixture
def slimmable(tmp_path, rng):
    """A file that holds networks of several qualities."""
    return write(tmp_path, nam_wavenet(rng, nam_array(4, allowed=(2, 4))))


def test_a_model_that_is_left_out_is_played_at_its_lightest_until_there_is_room(gig, clock, slimmable, monkeypatch):
    monkeypatch.setattr("fake_gig.IDLE", {})
    gig.try_file(uid(gig, "model"), "model", slimmable)
    gig.install()
    model, before = uid(gig, "model"), gig.document
    gig.reconciler.takes[model], gig.reconciler.left_out[model] = 1.2, "time"
    assert "Clean.model will be played at the lowest quality" in said(gig)

    def built():
        chains = gig.reconciler.path(gig.preset.uid, gig.playing)
        return next(spec for _, specs, _ in chains for spec in specs if spec.uid == model)

    gig.install()
    assert built().settings["quality"] == 0.0
    assert gig.document == before, "what is wanted is no other thing"
    assert gig.amp.chain[1].settings == before.amps[0].chain[1].settings
    gig.reconciler.left_out.clear()
    meters(gig, load_mean=0.3)
    clock.pass_(2000.0)
    assert not any("full quality" in message for message in said(gig)), "1.2 more would be too much"
    gig.headroom._lightened[model] = replace(gig.headroom._lightened[model], share=0.4)
    clock.pass_(2000.0)
    assert "there is room again: Clean.model plays at its full quality" in said(gig)
    gig.install()
    assert built().settings.get("quality", 1.0) == 1.0


async def test_the_screen_marks_and_warns():
    gig = FakeGig(2)
    async with playing(gig, (120, 30)) as (screen, pilot):
        assert "too much" not in screen.tiles.text()
        assert "OVERLOAD" not in screen.head.text()
        for spec in gig.document.amps[1].chain:
            gig.reconciler.takes[spec.uid] = 0.5
        await seen(pilot, screen.tiles, "too much")
        gig.reconciler.takes.clear()
        await until(pilot, lambda: "too much" not in screen.tiles.text())
        meters(gig, relief=3)
        gig.reconciler.left_out[uid(gig, "model")] = "time"
        await seen(pilot, screen.head, "OVERLOAD")
        await seen(pilot, screen.note, "overload: Clean.model is left out")
