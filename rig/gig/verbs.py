"""The verbs: all that a player can ask of a gig, by name. Keys, the headless mode and whoever comes next use these."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rig.document import address, edits
from rig.document.document import CLICK_TO, COLOURS, FOLLOW, ON, Amp, Between, Morph, Song, Target, free_name
from rig.document.knobs import number, value
from rig.document.read_midi import MORPH, read_pedal
from rig.document.scenes import applied
from rig.document.tunings import TUNINGS
from rig.engine import Engine, named, registry
from rig.errors import RigError, cut, did_you_mean
from rig.gig import routing

if TYPE_CHECKING:
    from rig.gig.gig import Gig


@dataclass(frozen=True)
class Verb:
    """What a player can ask for. words: what follows the verb, for help and errors."""

    words: str
    help: str
    do: Callable[[Gig, str], None]


# --- which amp, which scene ---------------------------------------------------------------------------------------


def _amp(gig: Gig, words: str) -> None:
    if not words:
        raise RigError("amp: which? A number or a name")
    pick = address.pick(gig.document, words, _beside(gig))
    gig.play(pick.amp, pick.scene or None)


def _beside(gig: Gig) -> int | None:
    """Where there are songs, an amp's name or number means one of the preset that plays."""
    return gig.playing if gig.document.songs else None


def _step(gig: Gig, by: int) -> None:
    amps = [amp.uid for amp in gig.document.stage(gig.playing)]
    gig.play(amps[(amps.index(gig.playing) + by) % len(amps)])


def _song(gig: Gig, words: str) -> None:
    songs = gig.set_list
    what, _, rest = words.partition(" ")
    rest = rest.strip()
    if not words:
        raise RigError("song: which? 'next', 'prev', its number or its name")
    if words in ("next", "prev"):
        songs.step(+1 if words == "next" else -1)
    elif what == "move" and rest:
        which, _, text = rest.rpartition(" ")
        song, by = _of_song(gig, which), int(number(text, "song move"))
        gig.edit(edits.move_song(gig.document, song.uid, by), f"move {song.name}")
        gig.say(_numbered(gig, song))
    elif what == "skip":
        song = _of_song(gig, rest)
        gig.edit(edits.skip_song(gig.document, song.uid, not song.skip), f"skip {song.name}")
        gig.say(f"{song.name} is {'played again' if song.skip else 'passed over'}")
    elif what == "remove":
        song = _of_song(gig, rest)
        gig.edit(edits.remove_song(gig.document, song.uid), f"remove {song.name}")
        gig.say(f"{song.name} is gone; 'undo' brings it back")
    elif what == "add" and rest:
        song = songs.add(rest)
        gig.say(_numbered(gig, song))
    elif what == "save" and rest:
        gig.say(songs.save_as(_path(rest)))
    else:
        songs.play(songs.named(words))


def _numbered(gig: Gig, song: Song) -> str:
    return f"{song.name} is song {gig.document.number(song)} of {len(gig.document.songs)}"


def _of_song(gig: Gig, words: str) -> Song:
    """The song that is named, or that plays."""
    song = gig.set_list.named(words) if words else gig.set_list.song
    if song is None:
        raise RigError("no song plays: say which, by its number or its name")
    return song


def _part(gig: Gig, words: str) -> None:
    gig.set_list.play_part(words)


def _boost(gig: Gig, text: str) -> None:
    if text in ("", "on", "off"):
        gig.boosted = _switched(gig.boosted, text, "boost")
        gig.reconcile()
    else:
        db = number(text, "boost")
        gig.boosted = True
        gig.edit(edits.boost(gig.document, gig.preset.uid, db), f"boost {db:g}", "boost")
    gig.say(f"boost: {gig.amp.name} is {gig.boost_db:g} dB louder" if gig.boosted else "boost is off")


def _scene(gig: Gig, words: str) -> None:
    what, _, rest = words.partition(" ")
    name = rest.strip()
    if not words:
        raise RigError("scene: which? Its name, or 'none'; 'scene store NAME' makes one of what you turned")
    if what == "store" and name:
        gig.edit(edits.store_scene(gig.document, gig.playing, name, gig.saved_preset), f"scene {name}")
        gig.say(f"scene {name} of {gig.amp.name} stored")
    elif what == "delete" and name:
        found = address.scene(gig.amp, name)
        gig.edit(edits.delete_scene(gig.document, gig.playing, found), f"delete scene {found}")
        gig.say(f"scene {found} of {gig.amp.name} deleted")
    else:
        gig.play(gig.playing, address.scene_meant(gig.amp, words))


def _morph(gig: Gig, words: str) -> None:
    way, _, percent = words.rpartition(" ")
    share = number(percent.removesuffix("%"), MORPH)
    if not way or not 0 <= share <= 100:
        raise RigError(f"{MORPH}: from where to where, how far? As in '{MORPH} Lead to Lead:Solo 40', in percent")
    to = read_pedal(f"{MORPH} {way}", gig.preset)
    assert isinstance(to, Morph)
    gig.morph(to.amp, Between(to.heel, to.toe, share * 127 / 100))


# --- knobs and files ----------------------------------------------------------------------------------------------


def _set(gig: Gig, words: str) -> None:
    path, _, text = words.rpartition(" ")
    path = path.strip()
    target, knob = address.knob(gig.document, path, gig.playing)
    if knob.name in gig.sounding.idle(target.uid):
        raise RigError(f"{cut(path.rpartition('.')[0])} has no knob '{knob.name}' with what it plays")
    _turn(gig, target, value(knob, path, text), f"{path} {text}")


def _turn(gig: Gig, target: Target, to: float, what: str) -> None:
    saved = gig.history.saved_engine(target.uid)
    gig.edit(edits.turn(gig.document, target, to, gig.playing, saved), what, ("turn", target))


def _switch(gig: Gig, words: str, on: bool | None) -> None:
    if not words:
        raise RigError(f"{'toggle' if on is None else 'on' if on else 'off'}: which engine? As in 'off Crunch.gain'")
    _, spec = address.engine(gig.document, words, gig.playing)
    path = address.path_of(gig.document, spec.uid, gig.playing)
    now = address.engine_at(applied(gig.document, gig.playing), spec.uid)[1].on
    to = not now if on is None else on
    gig.edit(edits.turn(gig.document, Target(spec.uid, ON), float(to), gig.playing), f"{path} {'on' if to else 'off'}")
    gig.say(f"{path} is {'on' if to else 'bypassed'}")


def _load(gig: Gig, words: str) -> None:
    spec, key, path = address.file(gig.document, words, gig.playing)
    gig.refresh(path)
    gig.edit(edits.load(gig.document, spec.uid, key, path), f"load {path.name}")


def _unload(gig: Gig, words: str) -> None:
    found = address.split_file(gig.document, words, gig.playing)
    if found is None or found[3]:
        raise RigError("unload: what? Write amp.engine.key, as in 'unload Crunch.cab.ir2'")
    _, spec, key, _ = found
    gig.edit(edits.unload(gig.document, spec.uid, key), f"unload {words.strip()}")


def _try(gig: Gig, words: str) -> None:
    spec, key, path = address.file(gig.document, words, gig.playing)
    gig.refresh(path)
    gig.try_file(spec.uid, key, path)


def _level(gig: Gig, text: str) -> None:
    db = number(text, "level")
    gig.edit(edits.level(gig.document, db), f"level {db:g}", "level")


def _tempo(gig: Gig, text: str) -> None:
    gig.play_at(number(text, "tempo"))


def _tap(gig: Gig, _: str) -> None:
    gig.tap(time.monotonic())


def _tuning(gig: Gig, text: str) -> None:
    """Of the guitar; "next" and "prev" walk through all that have names."""
    if text in ("next", "prev"):
        known = ("", *TUNINGS)
        now = known.index(gig.preset.tuning or "") if (gig.preset.tuning or "") in known else 0
        text = known[(now + (1 if text == "next" else -1)) % len(known)]
    gig.edit(edits.tuning(gig.document, gig.preset.uid, text), f"tuning {text or 'chromatic'}", "tuning")
    gig.say(f"tuning {gig.preset.tuning or 'chromatic'}")


def _a4(gig: Gig, text: str) -> None:
    hz = number(text, "a4")
    gig.edit(edits.a4(gig.document, gig.preset.uid, hz), f"a4 {hz:g}", "a4")
    gig.say(f"A is {gig.preset.a4:g} Hz")


def _learn(gig: Gig, words: str) -> None:
    if not words:
        raise RigError("learn: what? A knob, as in 'learn Crunch.gain.gain', or a verb, as in 'learn tap'")
    gig.pedals.learn(words)


def _follow(gig: Gig, words: str) -> None:
    known = ("off", *FOLLOW)
    now = known.index(gig.preset.follow or "off")
    if words and words not in known:
        raise RigError(f"follow: '{cut(words)}' is none of {', '.join(known)}")
    whom = (words or known[(now + 1) % len(known)]).replace("off", "")
    gig.edit(edits.follow(gig.document, gig.preset.uid, whom), f"follow {whom or 'off'}", ("follow", gig.preset.uid))
    gig.say(gig.time.followed())


def _metronome(gig: Gig, words: str) -> None:
    what, _, text = words.partition(" ")
    now = gig.preset.metronome
    if what in ("", "on", "off"):
        gig.time.click(_switched(gig.time.clicks, words, "metronome"))
        return
    if what == "to" and text in CLICK_TO:
        wanted = replace(now, to=text)
    elif what == "beats" and text:
        wanted = replace(now, beats=round(number(text, what)))
    elif what == "level" and text:
        wanted = replace(now, level=number(text, what))
    else:
        raise RigError(f"metronome: '{cut(words)}'? on, off, beats 3, level -12, to {' or to '.join(CLICK_TO)}")
    gig.edit(edits.metronome(gig.document, gig.preset.uid, wanted), f"metronome {words}", ("metronome", what))


# --- chains -------------------------------------------------------------------------------------------------------


def _insert(gig: Gig, words: str) -> None:
    document, playing = gig.document, gig.playing
    before = None
    try:
        place, spec, rest = address.split_engine(document, words, playing, "insert: what, where?")
        before = spec.uid
    except RigError as error:
        try:
            place, rest = address.split_chain(document, words, playing)
        except RigError as other:
            raise (error if "." in words.partition(" ")[0] else other) from None
    name, _, file = rest.partition(" ")
    engine = _engine(name)
    if engine.plugin:
        which, _, file = file.strip().partition(" ")
        engine = engine.plugin(which) if which else engine
    files = {}
    if file.strip():
        keys = engine.files or engine.playable
        if len(keys) != 1:
            raise RigError(f"{engine.name} plays {'more than one file' if keys else 'no file'}")
        key = keys[0]
        files = {key: address.existing(place.preset, file.strip(), key)}
        gig.refresh(files[key])
    new, uid = edits.insert(document, place.owner.uid, place.stage, before, engine, files)
    gig.edit(new, f"insert {name}")
    gig.say(f"inserted {address.path_of(gig.document, uid, gig.playing)}")


def _engine(name: str) -> Engine:
    engine = named(name)
    if engine:
        return engine
    names = list(registry())
    if not name:
        raise RigError(f"insert: which engine? There are {', '.join(names)}")
    raise RigError(f"no engine '{cut(name)}'{did_you_mean(name, names) or '; there are ' + ', '.join(names)}")


def _remove(gig: Gig, words: str) -> None:
    if not words:
        raise RigError("remove: which engine? As in 'remove Crunch.eq'")
    _, spec = address.engine(gig.document, words, gig.playing)
    path = address.path_of(gig.document, spec.uid, gig.playing)
    gig.edit(edits.remove(gig.document, spec.uid), f"remove {path}")
    gig.say(f"removed {path}")


def _move(gig: Gig, words: str) -> None:
    path, _, text = words.rpartition(" ")
    by = int(number(text, "move")) if path else 0
    if not by:
        raise RigError("move: what, where? As in 'move Crunch.eq -1' (towards the beginning), or 'move Crunch +1'")
    if "." in path:
        try:
            _, spec = address.engine(gig.document, path, gig.playing)
        except RigError as error:
            amp = _amp_or(gig, path, error)
        else:
            gig.edit(edits.move(gig.document, spec.uid, by), f"move {path}")
            return
    else:
        amp = address.amp(gig.document, path, _beside(gig))
    gig.edit(edits.move_amp(gig.document, amp.uid, by), f"move {amp.name}")


def _amp_or(gig: Gig, words: str, error: RigError) -> Amp:
    """An amp whose name has a dot, or the error that was there first."""
    try:
        return address.amp(gig.document, words, _beside(gig))
    except RigError:
        raise error from None


# --- amps ---------------------------------------------------------------------------------------------------------


def _new(gig: Gig, name: str) -> None:
    document, uid = edits.new_amp(gig.document, gig.playing, name)
    gig.edit(document, f"new {name}", playing=uid)


def _copy(gig: Gig, words: str) -> None:
    which, _, name = (part.strip() for part in f" {words}".partition(" as "))
    amp = address.amp(gig.document, which, _beside(gig)) if which else gig.amp
    taken = {other.name.casefold() for other in gig.document.preset_of(amp.uid).amps}
    name = name or free_name(taken, amp.name)
    document, uid = edits.new_amp(gig.document, amp.uid, name, copy=True)
    gig.edit(document, f"copy {amp.name}", playing=uid)
    gig.say(f"{name} is a copy of {amp.name}")


def _rename(gig: Gig, words: str) -> None:
    which, as_, name = words.rpartition(" as ") if " as " in words else ("", "", words)
    amp = address.amp(gig.document, which, _beside(gig)) if as_ else gig.amp
    gig.edit(edits.rename_amp(gig.document, amp.uid, name.strip()), f"rename {amp.name}")


def _delete(gig: Gig, words: str) -> None:
    if not words:
        raise RigError("delete: which amp?")
    amp = address.amp(gig.document, words, _beside(gig))
    gig.edit(edits.delete_amp(gig.document, amp.uid), f"delete {amp.name}")
    gig.say(f"{amp.name} is gone; 'undo' brings it back")


def _key(gig: Gig, words: str) -> None:
    which, _, digit = words.rpartition(" ")
    if not which:
        raise RigError("key: which amp, which digit? As in 'key Crunch 2', or 'key Crunch none'")
    amp = address.amp(gig.document, which, _beside(gig))
    gig.edit(edits.key(gig.document, amp.uid, None if digit == "none" else digit), f"key {amp.name}")


def _colour(gig: Gig, words: str) -> None:
    which, _, name = words.rpartition(" ")
    if not name:
        raise RigError(f"colour: which? {', '.join(COLOURS)}, as in 'colour Crunch blue', or none")
    amp = address.amp(gig.document, which, _beside(gig)) if which else gig.amp
    gig.edit(edits.colour(gig.document, amp.uid, "" if name == "none" else name), f"colour {amp.name}")


# --- history and files --------------------------------------------------------------------------------------------


def _undo(gig: Gig, _: str) -> None:
    what = gig.history.undo()
    gig.reconcile()
    gig.say(f"undone: {what}")


def _redo(gig: Gig, _: str) -> None:
    what = gig.history.redo()
    gig.reconcile()
    gig.say(f"done again: {what}")


def _ab(gig: Gig, _: str) -> None:
    saved = gig.compare()
    gig.say("A: as saved; once more: as changed" if saved else "B: as changed")


def _save(gig: Gig, words: str) -> None:
    over = words == "over" or words.startswith("over ")
    rest = words.removeprefix("over").strip() if over else words
    changed = gig.unsaved
    gig.back_to_changed()
    gig.finish()
    learnt = gig.remember()
    if learnt and not gig.unsaved and not rest:
        gig.say(f"saved {', '.join(path.name for path in learnt)}")
        return
    if changed and not rest and not gig.unsaved:
        gig.say("nothing is left to save: what could not be built was taken back")
    elif not rest:
        gig.say(_saved(gig, over))
        gig.reconcile()
    elif rest.startswith("as ") and rest[3:].strip():
        gig.say(gig.files.save_as(gig.preset, _path(rest[3:].strip()), over=over))
    else:
        raise RigError(f"save: '{cut(words)}'? 'save', 'save over', 'save as FILE' or 'save over as FILE'")


def _saved(gig: Gig, over: bool) -> str:
    """The presets, and the songs."""
    for preset in gig.history.unsaved():
        gig.reconciler.prove(preset, gig.files[preset.uid].preset)
    if not gig.set_list.unsaved:
        return gig.files.save(over=over)
    said = [gig.files.save(over=over)] if gig.history.unsaved() else []
    return ", ".join([*said, f"saved {gig.set_list.save(over=over)}"])


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise RigError(f"'{cut(text)}' is no path") from None


def _recover(gig: Gig, words: str) -> None:
    offer = gig.offer
    if words not in ("", "drop"):
        raise RigError(f"recover: '{cut(words)}'? 'recover' takes what was not saved, 'recover drop' drops it")
    if offer is None:
        raise RigError("recover: nothing was left unsaved")
    if words == "drop":
        offer.forget()
        gig.say(f"dropped: {offer.about}")
    else:
        gig.back_to_changed()
        gig.edit(offer.taken(gig.document), "recover")
        gig.journal.take_over(offer)
        gig.say(f"taken: {offer.about}; 'undo' takes that back")
    gig.offer = None


def _revert(gig: Gig, _: str) -> None:
    gig.back_to_changed()
    gig.files.revert(gig.preset)
    gig.reconcile()


def _switched(now: bool, text: str, what: str) -> bool:
    """A switch that turns over, or goes where "on" or "off" says."""
    if text not in ("", "on", "off"):
        raise RigError(f"{what}: '{cut(text)}' is neither on nor off")
    return text == "on" if text else not now


def _mute(gig: Gig, text: str) -> None:
    gig.muted = _switched(gig.muted, text, "mute")
    gig.open_master()


def _tuner(gig: Gig, text: str) -> None:
    gig.tuning = text == "heard" or _switched(gig.tuning, text, "tuner")
    gig.heard_tuning = text == "heard"
    gig.open_master()


def _panic(gig: Gig, _: str) -> None:
    gig.reconciler.rack.panic()
    gig.say("silenced; all begins anew")


LOOP = ("stop", "undo", "redo", "clear", "half", "beats")


def _loop(gig: Gig, words: str) -> None:
    order, _, rest = words.partition(" ")
    if words and (order not in LOOP or (rest and order != "beats")):
        raise RigError(f"loop: '{cut(words)}'?{did_you_mean(order, LOOP) or ' ' + 'loop alone, or ' + ', '.join(LOOP)}")
    if order == "beats":
        gig.looping.beats = _switched(gig.looping.beats, rest, "loop beats")
        gig.reconcile()
        gig.say(f"loops begin and end {'on a beat, where there is a tempo' if gig.looping.beats else 'when you say'}")
        return
    said = _looped(gig, order)
    gig.looping.order(order)
    gig.say(said)


def _looped(gig: Gig, order: str) -> str:
    """What an order to the looper comes to. Raises RigError where it makes no sense now."""
    loop = gig.looping.view()
    if not loop.there:
        raise RigError("loop: there is no memory for it; 'rig play --loop MINUTES' sets some aside")
    if not gig.client.alive:
        raise RigError("loop: JACK has gone")
    if order and loop.state == "empty" and not loop.waits:
        raise RigError("loop: nothing is looped yet; 'loop' begins")
    if order == "half" and not loop.seconds:
        raise RigError("loop: nothing is looped yet; 'loop' once more ends the recording")
    if order == "undo" and loop.seconds and loop.layers < 2:
        raise RigError("loop: no layer is left to take off; 'loop clear' ends the loop")
    if order == "redo" and not loop.undone:
        raise RigError("loop: no layer was taken off")
    if loop.waits and not loop.seconds:
        if order not in ("stop", "undo", "clear"):
            raise RigError("loop: it waits for the beat; 'loop stop' calls it off")
        return "called off"
    if not order and loop.state == "playing" and loop.full:
        raise RigError("loop: no room for another layer; 'loop undo' takes the last one off")
    beat = "from the next beat on" if gig.looping.on_beats else ""
    return {
        "": {
            "empty": f"recording a loop {'from the nearest beat on' if beat else ''}".strip(),
            "playing": f"playing over it: layer {loop.layers + 1}",
            "stopped": f"the loop plays {beat}".strip(),
        }.get(loop.state, "the loop plays"),
        "stop": f"the loop plays {beat}".strip() if loop.state == "stopped" else "the loop stands still",
        "undo": f"layer {loop.layers} is off; 'loop redo' puts it back" if loop.seconds else "the recording is gone",
        "redo": f"layer {loop.layers + 1} is back",
        "clear": "the loop is gone",
        "half": "the loop plays as it was played" if loop.half else "the loop plays at half speed",
    }[order]


def _nothing(gig: Gig, _: str) -> None:
    """For the verbs that whoever reads commands carries out itself."""


VERBS: dict[str, Verb] = {
    "amp": Verb("N|NAME[:SCENE]", "play that amp", _amp),
    "next": Verb("", "play the next amp", lambda gig, _: _step(gig, +1)),
    "prev": Verb("", "play the amp before", lambda gig, _: _step(gig, -1)),
    "song": Verb(
        "next|prev|N|NAME|add PRESET [as NAME]|move [SONG] BY|skip [SONG]|remove [SONG]|save FILE",
        "a song of the set; which there are, and in which order",
        _song,
    ),
    "part": Verb("next|prev|N", "a part of the song", _part),
    "scene": Verb("NAME|N|none|store NAME|delete NAME", "a scene of the amp that plays", _scene),
    "morph": Verb("AMP[:SCENE] to AMP[:SCENE] PERCENT", "somewhere between two scenes of an amp", _morph),
    "set": Verb("AMP.ENGINE.KNOB|AMP.level VALUE", "turn a knob, or change a setting", _set),
    "on": Verb("AMP.ENGINE", "let an engine be heard", lambda gig, words: _switch(gig, words, True)),
    "off": Verb("AMP.ENGINE", "bypass an engine", lambda gig, words: _switch(gig, words, False)),
    "toggle": Verb("AMP.ENGINE", "bypass an engine, or let it be heard", lambda gig, words: _switch(gig, words, None)),
    "load": Verb("AMP.ENGINE[.KEY] FILE", "play another model or cabinet", _load),
    "unload": Verb("AMP.ENGINE.KEY", "do without a file, as the ir2 of a cabinet", _unload),
    "try": Verb("AMP.ENGINE[.KEY] FILE", "the same, as loud as what it replaces; all tries are one step of undo", _try),
    "insert": Verb(
        "AMP|input|output[.ENGINE] KIND|lv2 URI [FILE]", "a new engine, before that one or at the end", _insert
    ),
    "remove": Verb("AMP.ENGINE", "take an engine out", _remove),
    "move": Verb("AMP[.ENGINE] BY", "move an engine, or an amp: -1 towards the beginning", _move),
    "new": Verb("NAME", "a new amp, behind the one that plays", _new),
    "copy": Verb("[AMP] [as NAME]", "a copy of an amp", _copy),
    "rename": Verb("[AMP as] NAME", "call an amp otherwise", _rename),
    "delete": Verb("AMP", "take an amp away", _delete),
    "key": Verb("AMP DIGIT|none", "the key that picks an amp", _key),
    "colour": Verb("[AMP] COLOUR|none", "the colour of an amp on the screen", _colour),
    "undo": Verb("", "take back what was done last", _undo),
    "redo": Verb("", "do it again", _redo),
    "ab": Verb("", "hear what is saved, or again what was changed", _ab),
    "save": Verb("[over] [as FILE]", "write what was changed into the presets", _save),
    "revert": Verb("", "the playing amp's preset as its file has it", _revert),
    "recover": Verb("[drop]", "what a rig that was killed has left unsaved, taken or dropped", _recover),
    "level": Verb("DB", "output level", _level),
    "tempo": Verb("BPM", "beats a minute, for echoes that are notes", _tempo),
    "tap": Verb("", "the same, by twice or more in time", _tap),
    "boost": Verb("[on|off|DB]", "the amp that plays louder, for a solo, until another one is picked", _boost),
    "follow": Verb("[midi|jack|off]", "go by a MIDI clock, JACK's transport, or our tempo; alone: the next", _follow),
    "metronome": Verb("[on|off|beats N|level DB|to out|to click]", "a click on each beat", _metronome),
    "bypass": Verb(
        "[on|off]", "the guitar without the amp", lambda gig, t: gig.bypass(_switched(gig.bypassed, t, "bypass"))
    ),
    "mute": Verb("[on|off]", "silence", _mute),
    "panic": Verb("", "silence at once, tails and all; then all begins anew", _panic),
    "tuner": Verb("[on|heard|off]", "the note that is played, in silence or heard", _tuner),
    "tuning": Verb("NAME|NOTES|chromatic|next|prev", "how the guitar is tuned: drop D, or D2 A2 D3 G3 B3 E4", _tuning),
    "a4": Verb("HZ", "what it is tuned to: 440", _a4),
    "learn": Verb("AMP.ENGINE.KNOB|VERB|off", "the MIDI pedal that is moved next does that", _learn),
    "connect": Verb("[PORT PORT]", "a wire between two ports; alone: wire up again", routing.connect),
    "disconnect": Verb("PORT [PORT]", "take a wire away, or all of a port", routing.disconnect),
    "wires": Verb("store|usual", "have the preset be wired as it is now, or to the hardware", routing.wires),
    "loop": Verb(
        "[stop|undo|redo|clear|half|beats [on|off]]",
        "the guitar again and again: record it, play it, play over it, play it",
        _loop,
    ),
    "keep": Verb(
        "[FOLDER]", "write the last minutes into a new folder", lambda gig, t: gig.takes.keep(_path(t) if t else Path())
    ),
    "record": Verb(
        "FILE.wav|.flac",
        "record what is heard, and the dry guitar; again to stop",
        lambda gig, t: gig.takes.record(_path(t) if t else None),
    ),
    "status": Verb("", "say how things are", _nothing),
    "quit": Verb("", "fade out and end", _nothing),
}
