"""What `rig info`, `rig check` and `rig engines` print for a person to read."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rig.document.document import AMPS
from rig.engine import Param, Setting, Skipped
from rig.report.doctor import Diagnosis
from rig.report.facts import CheckedModel, CheckedPreset, CheckReport, EngineFacts, Facts, RecordingFacts
from rig.report.fits import PERIODS, ROOM
from rig.report.machine import NOTE, OK, STOP, WRONG
from rig.report.model_facts import FolderFacts, ModelFacts, Played, Unplayed, Unreadable, VariantFacts
from rig.report.plugin_facts import PluginFacts
from rig.report.preset_facts import ChainEntry, PresetFacts, Said
from rig.report.set_facts import CheckedSet, SetFacts, SongFacts
from rig.report.switches import SwitchFacts
from rig.text import printable

if TYPE_CHECKING:
    from rig.report.bench import AmpRow, Report, Row, TrainingRow

WIDE = 160
"""Columns where the output is no terminal: nothing should wrap in a file or a pipe."""

LONG = 300
"""Letters of a value: a file may say anything."""

UNCLEAR = "not clear"
"""What is said of a delay or a polarity that might be another as well."""

HEADING, NAME, DIM = "bold", "cyan", "bright_black"

RANGE = 40
"""Columns of a knob's range, at most: some choices have many words."""


def show_engines(found: Sequence[EngineFacts], skipped: Sequence[Skipped] = ()) -> None:
    """Every engine with its files, settings and knobs; and the plug-ins that were left out."""
    table = headed("engine", "key", "range", "start", "what it does")
    table.columns[2].max_width = RANGE
    for engine in found:
        also = f" (also named {', '.join(engine.aliases)})" if engine.aliases else ""
        table.add_row(clean_text(engine.name, HEADING), "", "", "", clean_text(engine.about + also, HEADING))
        for key in engine.files:
            table.add_row("", clean_text(key, NAME), "a file", "", clean_text("path, relative to the preset"))
        for key in engine.optional:
            table.add_row("", clean_text(key, NAME), "a file", "none", clean_text("path, relative to the preset"))
        for setting in engine.settings:
            table.add_row("", *_range(setting), clean_text(f"{setting.help} (at load)"))
        for param in engine.params:
            table.add_row("", *_range(param), clean_text(param.help))
    for plug_in in skipped:
        table.add_row(clean_text(plug_in.name, HEADING), "", "", "", clean_text(f"left out: {plug_in.why}", "bold red"))
    terminal().print(table)


def show_plugins(found: Sequence[PluginFacts]) -> None:
    """Installed plug-ins, a line each; one alone with all that a preset can say of it."""
    if len(found) == 1:
        _show_plugin(found[0])
        return
    table = headed("plug-in", "class", "channels", "knobs", "URI")
    for plugin in found:
        style, why = (DIM, f": {plugin.refused}") if plugin.refused else (NAME, "")
        count = "" if plugin.refused else str(len(plugin.params))
        about = (clean_text(plugin.name, style), clean_text(plugin.kind), clean_text(_channels(plugin)), count)
        table.add_row(*about, clean_text(f"{plugin.uri}{why}", DIM if why else ""))
    terminal().print(table)


def _show_plugin(plugin: PluginFacts) -> None:
    console = terminal()
    title = clean_text(plugin.name, HEADING)
    title.append(_clean("".join(f" · {word}" for word in (plugin.kind, _channels(plugin), plugin.author) if word)))
    console.print(title)
    if plugin.refused:
        console.print(clean_text(f"cannot be played: {plugin.refused}", "bold red"))
        return
    console.print(clean_text(f'{{ engine = "lv2", plugin = "{plugin.uri}", params = {{ ... }} }}'))
    table = headed("key", "range", "start", "what it does")
    table.columns[1].max_width = RANGE
    for key in plugin.files:
        table.add_row(clean_text(key, NAME), "a file", "", clean_text("path, relative to the preset; may be left out"))
    for param in plugin.params:
        table.add_row(*_range(param), clean_text(param.title))
    console.print(table)


def _channels(plugin: PluginFacts) -> str:
    words = {1: "mono", 2: "stereo"}
    comes, goes = (words.get(count, str(count)) for count in (plugin.inputs, plugin.outputs))
    return comes if comes == goes else f"{comes} to {goes}"


def _range(value: Param | Setting) -> tuple[Text, Text, str]:
    """Name, range and start of a knob or a setting."""
    name = clean_text(value.name, NAME)
    if value.choices:
        return name, clean_text(" | ".join(value.choices)), value.choices[int(value.initial)]
    if isinstance(value, Setting) and value.switch:
        return name, clean_text("true or false"), "true" if value.initial else "false"
    if isinstance(value, Setting) and value.values:
        return name, clean_text(" | ".join(f"{one:g}" for one in value.values)), f"{value.initial:g}"
    span = f"{value.minimum:g} to {value.maximum:g} {value.unit}".rstrip()
    return name, clean_text(span), f"{value.initial:g}"


def show_check(report: CheckReport) -> None:
    """What was loaded, and how many faults each file has; the faults themselves are told on stderr."""
    console = terminal()
    for checked in report.presets:
        count = len(checked.faults)
        verdict = Text("ok", "green") if not count else Text(f"{count} fault{'s' if count > 1 else ''}", "bold red")
        if isinstance(checked, (CheckedPreset, CheckedSet)) and checked.warnings:
            few = len(checked.warnings)
            verdict.append(f", {few} warning{'s' if few > 1 else ''}", "yellow")
        title = clean_text(checked.file, HEADING)
        if checked.name:
            title.append(f"  {_clean(checked.name)}")
        console.print(title.append("  ").append_text(verdict))
        if not checked.name:
            continue
        if isinstance(checked, CheckedSet):
            _show_set(console, checked)
        elif isinstance(checked, CheckedModel):
            console.print("  ", clean_text(checked.architecture))
            if checked.about:
                console.print("  ", clean_text(checked.about))
        else:
            console.print(_amps(checked))
            if told := _switches(checked):
                console.print(Padding(clean_text(told, DIM), (0, 0, 0, 2)))
    if any(isinstance(checked, CheckedPreset) for checked in report.presets):
        memory = f"set aside while playing: {_size(report.kept)} for the last minutes, {_size(report.loops)} for loops"
        console.print(clean_text(memory, DIM))


def _show_set(console: Console, checked: CheckedSet) -> None:
    """Its songs, and what all of it takes."""
    console.print(_songs(checked.songs))
    bill = checked.bill
    told = f"{len(checked.presets)} presets, {bill.amps} amps: "
    told += f"{bill.bytes / 1e6:.1f} MB, loaded in {bill.seconds:.1f} s"
    if bill.load is not None:
        told += f"; {bill.whose} takes most, {100 * bill.load:.0f} % of a period"
    if bill.amps > AMPS:
        told += f"; {AMPS} amps stand ready at a time, those around the song that plays"
    console.print(Padding(clean_text(told, DIM), (0, 0, 0, 2)))
    for preset in checked.presets:
        for amp in preset.amps:
            if amp.stands_out is not None:
                said = f"{preset.name}/{amp.name} is {_standing_out(amp.stands_out)}"
                console.print(Padding(clean_text(said, "bold yellow"), (0, 0, 0, 2)))


def _songs(songs: Sequence[SongFacts], *, notes: bool = False) -> Table:
    """One line a song."""
    table = headed("", "song", "tempo", "preset", "amps", "parts", *(("notes",) if notes else ()))
    for number, song in enumerate(songs, 1):
        tempo = f"{song.tempo:g}" if song.tempo else ""
        name = clean_text(song.name, DIM if song.skip else NAME)
        parts = f"{', '.join(song.parts)}{' (skipped)' if song.skip else ''}"
        more = (clean_text(song.notes.splitlines()[0] if song.notes else ""),) if notes else ()
        row = (tempo, clean_text(song.preset.stem), str(song.amps), clean_text(parts.strip()))
        table.add_row(str(number), name, *row, *more)
    return table


def show_bench(report: Report) -> None:
    """What was measured, as shares of the period: what is left is head-room."""
    console = terminal()
    console.print(clean_text(report.machine, HEADING))
    for isa, peak in report.peak_gmacs.items():
        console.print(f"  {isa}: at best {peak:.1f} thousand million multiply-adds a second on one core")
    if report.rows:
        paced = any(row.paced for row in report.rows)
        heads = ("realtime", "of peak", "median", "p99", "worst", *(PACED if paced else ()), "memory", "reference")
        table = headed("model", "isa", "block", *heads)
        for row in report.rows:
            table.add_row(
                clean_text(row.model, NAME),
                row.isa,
                str(row.block),
                f"{row.realtime:.1f} x",
                f"{100 * row.share_of_peak:.0f} %",
                *(_spent(us, row.period_us) for us in (row.p50_us, row.p99_us, row.max_us)),
                *_paced(row),
                f"{row.bytes / 1e6:.2f} MB",
                f"{row.realtime / row.reference_realtime:.0f} x its speed" if row.reference_realtime else "",
            )
        console.print(table)
    if report.amps:
        rate, block = report.amps[0].rate, report.amps[0].block
        console.print(f"Whole amps, with what stands around them, at {rate} Hz and a period of {block} frames:")
        paced = any(amp.paced for amp in report.amps)
        times = ("median", "p99", "worst", *(PACED if paced else ()))
        table = headed("preset", "amp", *times, "memory", "late", "of these fit")
        for amp in report.amps:
            spent = (_spent(us, amp.period_us) for us in (amp.p50_us, amp.p99_us, amp.max_us))
            memory = f"{amp.bytes / 1e6:.2f} MB"
            late = f"{amp.latency_ms:.1f} ms"
            table.add_row(
                clean_text(amp.preset), clean_text(amp.amp, NAME), *spent, *_paced(amp), memory, late, str(amp.fits)
            )
        console.print(table)
    if report.training:
        _show_training(console, report.training)


def _show_training(console: Console, rows: Sequence[TrainingRow]) -> None:
    console.print("Training, a step on one thread; epochs of a take of three minutes, without judging them:")
    heads = ("epochs a minute", "of peak", "whole step", "forward", "backward", "optimiser", "other")
    table = headed("size", "isa", *heads, "PyTorch takes", "two threads")
    for row in rows:
        parts = (row.forward_ms, row.backward_ms, row.optimiser_ms, row.other_ms)
        table.add_row(
            clean_text(row.size, NAME),
            row.isa,
            f"{row.epochs_a_minute:.2f}",
            *(f"{100 * share:.0f} %" for share in (row.share_of_peak, row.share_of_step)),
            *(f"{ms:.2f} ms {100 * ms / sum(parts):.0f} %" for ms in parts),
            f"{row.torch_ms / (row.forward_ms + row.backward_ms):.1f} x as long",
            f"{row.two_threads:.1f} x",
        )
    console.print(table)
    for row in rows:
        if row.slower:
            console.print(clean_text(f"{row.size} on {row.isa}: SLOWER THAN PYTORCH. Please report this.", "bold red"))


MARKS = {OK: ("✓", "green"), NOTE: ("·", "yellow"), WRONG: ("!", "bold red"), STOP: ("✗", "bold red")}


def show_doctor(found: Diagnosis) -> None:
    """Each finding, and what mends it in the line below; then what fits into which period."""
    console = terminal()
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in found.findings:
        mark, ink = MARKS[finding.verdict]
        said = clean_text(finding.what)
        if finding.do:
            said.append("\n→ ", DIM).append(_clean(finding.do), NAME)
        table.add_row(Text(mark, ink), clean_text(finding.check, HEADING), said)
    console.print(table)
    measured = [fit for fit in found.fits if fit.shares]
    if measured:
        console.print("\nOf the period, at one of so many frames:")
        table = headed("", "costliest amp", *map(str, PERIODS))
        for fit in measured:
            table.add_row(clean_text(fit.name), clean_text(fit.amp, NAME), *(_share(share) for share in fit.shares))
        console.print(table)
    worst = Counter(finding.verdict for finding in found.findings)
    console.print(Text.assemble("\n", _verdict(worst[STOP], worst[WRONG], worst[NOTE])))


def _share(share: float) -> Text:
    return Text(f"{100 * share:.0f} %", "green" if share <= ROOM else "yellow" if share < 1 else "bold red")


def _verdict(stops: int, wrongs: int, notes: int) -> Text:
    """One line on them all."""
    if stops:
        return Text("rig can't play here: see ✗", "bold red")
    if wrongs:
        return Text(f"rig plays here, but {wrongs} thing{'s' * (wrongs > 1)} should be mended: see !", "yellow")
    return Text("rig plays well here" + (": see · where there are xruns" if notes else ""), "green")


PACED = ("paced median", "paced p99", "paced worst")


def _paced(row: Row | AmpRow) -> tuple[str, ...]:
    """The same where it ran once a period, if that was measured."""
    paced = row.paced
    return tuple(_spent(us, row.period_us) for us in (paced.p50_us, paced.p99_us, paced.max_us)) if paced else ()


def _spent(us: float, period_us: float) -> str:
    return f"{us:.1f} us {100 * us / period_us:.1f} %"


def show_facts(found: Facts) -> None:
    """What `rig info` tells of a file or a folder."""
    console = terminal()
    if isinstance(found, FolderFacts):
        console.print(_folder(found))
        return
    console.print(clean_text(found.file, HEADING))
    if isinstance(found, SetFacts):
        _show_set_facts(console, found)
        return
    if isinstance(found, PresetFacts):
        console.print(_amps(found))
        rows = _wires(found)
    else:
        rows = _model(found) if isinstance(found, ModelFacts) else _recording(found)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for key, value in rows.items():
        table.add_row(clean_text(key, DIM), clean_text(value))
    if rows:
        console.print(table)


def _show_set_facts(console: Console, found: SetFacts) -> None:
    """Its songs, and the amps of each preset."""
    console.print(_songs(found.songs, notes=True))
    for preset in found.presets:
        console.print(clean_text(preset.file, HEADING))
        console.print(_amps(preset))


def _wires(found: PresetFacts) -> dict[str, str]:
    """What a preset says of JACK and MIDI."""
    rows = {f"jack {name}": _value(ports) if ports else "nobody" for name, ports in found.jack.spelt().items()}
    rows |= {f"midi program {number}": amp for number, amp in found.programs.items()}
    rows |= {f"midi cc {number}": knob for number, knob in found.controllers.items()}
    rows |= {f"midi note {number}": knob for number, knob in found.notes.items()}
    rows |= {"midi wheel": found.wheel} if found.wheel else {}
    sent = {"preset": found.begin, **found.send}
    return rows | {f"sends with {name}": ", ".join(said) for name, said in sent.items() if said}


def _model(found: ModelFacts) -> dict[str, str]:
    level, reach = found.level, found.receptive_field
    rows = {
        "name": found.name,
        "family": found.family.title,
        "architecture": found.architecture,
        **_variants(found.variants),
        "knobs": ", ".join(found.knobs),
        "weights": _grouped(found.weights),
        "receptive field": f"{_grouped(reach)} frames, {found.receptive_field_ms:.1f} ms" if reach else "no end",
        "sample rate": _rate(found),
        "level": ""
        if level == 1.0
        else f"{level:g} ({20 * math.log10(abs(level)):+.1f} dB)"
        if level
        else "0 (silent)",
        "input": _dbu(found.input_dbu),
        "output": _dbu(found.output_dbu),
        **(_no_sound(found.playing) if isinstance(found.playing, Unplayed) else _sound(found.playing)),
        "loads in": ", ".join(("rig", *found.loads_in)) if found.loads_in else "rig only",
        "file size": _size(found.bytes),
    }
    told = {_key(key): _date(value) or _value(value) for key, value in found.metadata.items()}
    return {key: value for key, value in rows.items() if value} | {k: v for k, v in told.items() if k not in rows}


def _rate(found: ModelFacts) -> str:
    """Hz, by the file or by its family."""
    if found.sample_rate:
        return f"{_grouped(found.sample_rate)} Hz"
    return f"not stated: {_grouped(found.family.rate)} Hz, as {found.family.title}'s files are made for, is assumed"


def _variants(variants: Sequence[VariantFacts]) -> dict[str, str]:
    """A row for each network that a file offers by quality, but the best one, which is told above."""
    return {f"  quality below {variant.below:.3g}": variant.architecture for variant in variants[:-1]}


def _no_sound(playing: Unplayed) -> dict[str, str]:
    return {"loudness": _db(playing.loudness_db), "does not play": playing.fault}


def _sound(playing: Played) -> dict[str, str]:
    cost = playing.cost
    whose = "its file says" if playing.loudness_from == "file" else "measured"
    polarity = {1: "kept", -1: "turned over", None: UNCLEAR}[playing.polarity]
    return {
        "loudness": f"{_db(playing.loudness_db)}, {whose}",
        "delay": _late(playing.delay, playing.delay_ms),
        "polarity": polarity,
        "silence": _silence(playing),
        "memory": _size(cost.bytes),
        "cost": f"{100 * cost.share:.1f} % of a core at {_grouped(cost.rate)} Hz in periods of {cost.block}",
        "oversampled": "; ".join(
            f"{more.times} times {100 * more.share:.1f} %, {more.late_ms:.2f} ms later" for more in playing.oversampled
        ),
    }


def _silence(playing: Played) -> str:
    """What it says to silence."""
    if playing.dc_db is None:
        return "silent"
    what = "which is taken away" if playing.dc_blocked else "softer than a guitar's noise"
    return f"DC of {playing.dc_db:.1f} dBFS, {what}"


def _late(frames: int | None, ms: float | None) -> str:
    """A delay, as far as one can tell."""
    if frames is None:
        return UNCLEAR
    return f"{frames} frame{'s' if frames > 1 else ''}, {ms:.2f} ms" if frames else "none"


def _db(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} dB"


def _dbu(value: float | None) -> str:
    return "" if value is None else f"full scale is {value:g} dBu"


def _date(value: object) -> str:
    """Neural Amp Modeler's dates, which are tables."""
    if not isinstance(value, Mapping):
        return ""
    try:
        time = " {hour:02d}:{minute:02d}".format_map(value)
        return "{year:04d}-{month:02d}-{day:02d}".format_map(value) + (time if time != " 00:00" else "")
    except (KeyError, ValueError, TypeError):
        return ""


def _folder(found: FolderFacts) -> Table:
    """One line a model."""
    table = headed("model", "family", "architecture", "rate", "loudness", "cost")
    for model in found.models:
        name = clean_text(os.path.relpath(model.file, found.file), NAME)
        if isinstance(model, Unreadable):
            table.add_row(name, "", clean_text(model.fault, "red"))
        elif isinstance(model.playing, Unplayed):
            table.add_row(name, "", clean_text(model.playing.fault, "red"))
        else:
            rate = f"{(model.sample_rate or model.family.rate) / 1000:g} kHz{'' if model.sample_rate else ' assumed'}"
            loudness, cost = _db(model.playing.loudness_db), f"{100 * model.playing.cost.share:.1f} %"
            table.add_row(name, model.family.title, model.short, rate, loudness, cost)
    table.caption = f"cost: of a core at {_grouped(found.rate)} Hz in periods of {found.block}"
    return table


def _recording(found: RecordingFacts) -> dict[str, str]:
    peak, rms = found.peak_db, found.rms_db
    return {
        "format": found.format,
        "sample rate": f"{_grouped(found.sample_rate)} Hz",
        "channels": str(found.channels),
        "length": f"{_grouped(found.frames)} samples, {_seconds(found.seconds)}",
        "peak": "silence" if peak is None else f"{peak:.1f} dBFS at {found.peak_at_ms / 1000:.3f} s",
        "rms": "silence" if rms is None else f"{rms:.1f} dBFS",
        **({"as a cabinet": found.cabinet} if found.cabinet else {}),
        "file size": _size(found.bytes),
    }


def _amps(preset: PresetFacts | CheckedPreset) -> Table:
    """A preset's signal path: one line an amp."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    if preset.input:
        table.add_row("", clean_text("input", DIM), _chain(preset.input), "")
    for i, amp in enumerate(preset.amps, 1):
        level = f"{amp.level:+g} dB" if amp.level else ""
        chain = _chain(amp.chain)
        if amp.ok is False:
            chain = Text("✗ ", "bold red") + (chain if amp.chain else Text("see below"))
        told = [_switch(amp.switch)] if amp.switch else []
        told += [f"{amp.latency_ms:.1f} ms late"] if amp.latency_ms and amp.latency_ms >= 0.1 else []
        last = clean_text(", ".join(told), DIM)
        if amp.stands_out is not None:
            last.append(f"{', ' if told else ''}{_standing_out(amp.stands_out)}", "bold yellow")
        table.add_row(clean_text(amp.key or i, DIM), clean_text(amp.name, HEADING), chain, level, last)
    if preset.output:
        table.add_row("", clean_text("output", DIM), _chain(preset.output), "")
    return table


def _switch(way: SwitchFacts) -> str:
    """28 %, switch 64 ms, 40 silent"""
    told = f"{100 * way.load:.0f} %, switch {way.ms:.0f} ms"
    return f"{told}, {way.silent_ms:.0f} silent" if way.silent_ms else told


def _standing_out(lu: float) -> str:
    return f"{abs(lu):.1f} dB {'louder' if lu > 0 else 'softer'} than the others"


def _switches(preset: CheckedPreset) -> str:
    """What the figures behind the amps are; "" where there are none."""
    ways = [amp.switch for amp in preset.amps if amp.switch]
    if not ways:
        return ""
    told = (
        f"%: of a period of {ways[0].block} frames at {ways[0].rate / 1000:g} kHz; switch: until the amp is all there"
    )
    silent = "; silent: a period has no time for two amps at once, so one fades out before the other fades in"
    return told + (silent if any(way.silent_ms for way in ways) else "")


def _chain(entries: Sequence[ChainEntry]) -> Text:
    """gate threshold -70 → gain +3 → [a: model small-combo-clean → eq bass 1.5, treble -1, b: model2 lead] → blend"""
    line = Text()
    branch = ""
    for entry in entries:
        wire = _wire(branch, entry.branch)
        line.append(wire if line else wire.removeprefix(" → "), DIM)
        branch = entry.branch
        line.append(_clean(entry.label), NAME)
        files = [entry.about] if entry.about else [_stem(str(file)) for file in entry.files.values()]
        knobs = [
            _knob(key, value, key == entry.engine) for key, value in (*entry.settings.items(), *entry.params.items())
        ]
        said = ", ".join(files + knobs)
        line.append(f" {_clean(said)}" if said else "")
    return line or Text("nothing: as it comes in", DIM)


def _knob(key: str, value: Said, alone: bool) -> str:
    """ "bass 1.5"; "+3" of a gain, which has but one."""
    if isinstance(value, (bool, str)):
        return f"{key} {_value(value) if isinstance(value, bool) else value}"
    return f"{value:+g}" if alone else f"{key} {value:g}"


def _wire(before: str, after: str) -> str:
    """What stands between an engine in one branch and one in another; "" is no branch."""
    if before == after:
        return " → "
    if not after:
        return "] → "
    return f", {after}: " if before else f" → [{after}: "


def headed(*headings: str) -> Table:
    """One without lines, with these headings."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=DIM)
    for heading in headings:
        table.add_column(heading, justify="right" if heading == "start" else "left")
    return table


def terminal() -> Console:
    """Where to print: a terminal as wide as it is, anything else without colours and wide enough to wrap nothing."""
    console = Console(highlight=False, soft_wrap=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def clean_text(value: object, style: str = "") -> Text:
    """What a file says, without what would move a terminal's cursor."""
    return Text(_clean(value), style)


def _clean(value: object) -> str:
    """What a file says, without what would move a terminal's cursor."""
    return printable(str(value))


def _value(value: object) -> str:
    """Any JSON value as words: size (channels 16, depth 10), seed 0"""
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        text = ", ".join(
            f"{_key(k)} ({_value(v)})" if isinstance(v, Mapping) else f"{_key(k)} {_value(v)}" for k, v in value.items()
        )
    else:
        text = ", ".join(map(_value, value)) if isinstance(value, (list, tuple)) else str(value)
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."


def _key(key: object) -> str:
    return str(key).replace("_", " ")


def _grouped(number: int) -> str:
    """18 593: four digits need no gap."""
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.1f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {seconds % 60:04.1f} s"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _stem(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or file
