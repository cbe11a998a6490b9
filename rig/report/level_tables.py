"""What `rig check --match` prints for a person to read."""

from __future__ import annotations

from rig.gig.level_match import APART
from rig.report import tables
from rig.report.level_match import MatchedPreset, MatchFacts, MatchReport


def show_match(report: MatchReport) -> None:
    """Each preset's amps and scenes with their levels before and now, and how far apart they are; faults are told on
    stderr.
    """
    console = tables.terminal()
    for one in report.presets:
        title = tables.clean_text(one.file, tables.HEADING)
        title.append(f"  {one.name or ''}  ").append(_done(one, report.dry), "bold red" if one.faults else "green")
        console.print(title)
        table = tables.headed("", "before", "level", "", "now", "")
        for column in (1, 2, 4):
            table.columns[column].justify = "right"
        for amp in one.amps:
            same = amp.level == amp.was
            table.add_row(
                tables.clean_text(amp.name, tables.NAME),
                _lufs(amp.before),
                f"{amp.was:+.1f} dB",
                "" if same else f"→ {amp.level:+.1f} dB",
                "" if same else _lufs(amp.lufs),
                tables.clean_text(_aside(amp), tables.DIM),
            )
        console.print(table)
    console.print(_verdict(report))


def _done(one: MatchedPreset, dry: bool) -> str:
    if one.faults:
        return f"{len(one.faults)} fault{'s' if len(one.faults) > 1 else ''}"
    if not one.changed:
        return "level already"
    return "not written" if dry else f"saved{'' if one.saved == one.file else f' as {one.saved}'}"


def _lufs(value: float | None) -> str:
    return "silent" if value is None else f"{value:.1f} LUFS"


def _aside(amp: MatchFacts) -> str:
    meant = (
        f"{abs(amp.meant):g} dB {'louder' if amp.meant > 0 else 'softer'}, as it is meant to be" if amp.meant else ""
    )
    limited = f"its peaks ({amp.peak_db:+.1f} dBFS) reach the limiter" if amp.limited else ""
    return ", ".join(filter(None, (meant, limited)))


def _verdict(report: MatchReport) -> str:
    if report.apart is None:
        return ""
    stand = "would stand" if report.dry else "stand"
    where = f"{stand} within {report.apart:.1f} LU of each other, at {report.target:g} LUFS"
    said = f"All {where}." if report.apart <= APART else f"They {where}: see what is said of those that do not."
    return f"{said} Nothing was written." if report.dry else said
