"""The commands: one function each, which imports what it needs, so that `rig play` never loads torch.

Exit status: 0 done, 1 the work failed, 2 wrong use. What fails is one line on stderr; `--debug` adds the traceback.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rig import errors
from rig.errors import RigError, own_fault, quoted
from rig.options import parser, there
from rig.output import bar, complain, print_json
from rig.shipped import find_preset, find_take, shipped_presets
from rig.text import printable

if TYPE_CHECKING:
    from rig.gig.bookmark import Bookmark
    from rig.gig.gig import Gig
    from rig.gig.reconciler import Progress
    from rig.shell.table import Table


def play(args: argparse.Namespace) -> int:
    """Play a preset, several, or a set of songs live, on JACK."""
    from rig.gig import bookmark, gig_log
    from rig.gig.kept import Room
    from rig.gig.opening import open_gig

    if args.osc:
        from rig.remote import osc

        if lacking := osc.missing():
            raise RigError(lacking)
    last = bookmark.read(gig_log.folder())
    if args.resume and args.preset:
        raise RigError("--resume plays what was played last: leave the presets out")
    if args.resume and not last:
        raise RigError("nothing was played yet that could be resumed: rig play blues")
    if args.resume and last:
        presets = list(last.paths)
    else:
        presets = [find_preset(preset) for preset in args.preset] or _chosen(args, last)

    def opened(progress: Progress) -> Gig:
        return open_gig(
            presets,
            name=args.name,
            server=args.server,
            connect=not args.no_connect,
            di=args.di and find_take(args.di),
            record=args.record,
            amp=args.amp,
            watch=args.watch,
            relieve=not args.leave_nothing_out,
            room=Room(args.keep, args.loop),
            log=gig_log.folder(),
            resume=last if args.resume else None,
            progress=progress,
        )

    debug = getattr(args, "debug", False)
    if args.headless:
        from rig.remote import headless

        return headless.run(opened, save=args.save_on_quit, debug=debug, osc=args.osc)
    if args.daemon:
        from rig.remote import background

        return background.run(opened, save=args.save_on_quit, debug=debug, osc=args.osc)
    if args.plain:
        from rig.remote import plain

        return plain.play(opened, debug=debug, osc=args.osc)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from rig.document.set_file import open_sources

        open_sources(presets)  # what is wrong with the file is nearer to the player than the terminal
        raise RigError("rig play draws on a terminal, and this is none; use --plain or --headless here")
    from rig.engine import registry
    from rig.remote.others import Others
    from rig.tui import key_file
    from rig.tui.app import RigApp
    from rig.tui.play import PlayScreen
    from rig.tui.themed import chosen

    theme = chosen(args.theme)
    registry()  # what it has to say goes to a terminal that is not yet a screen
    keys = key_file.read(key_file.path(), PlayScreen.actions())
    app = RigApp(opened, keys, partial(Others, osc=args.osc), theme)
    status = app.run()
    if app.error is not None:
        raise app.error
    for news in app.gig.news() if app.gig else ():
        if news.wrong:  # no screen was there to show it
            complain(news.message)
    return status or 0


def _chosen(args: argparse.Namespace, last: Bookmark | None) -> list[Path]:
    """What the player picks on a terminal of all that is found."""
    from rig.choice import choose, offers

    found = offers()
    if args.headless or not (sys.stdin.isatty() and sys.stdout.isatty()):
        names = ", ".join(offer.name for offer in found)
        complain(f"which preset or set? There are {names}; 'rig play --resume' plays what was played last")
        raise SystemExit(2)
    there = last.paths if last and all(map(os.path.exists, last.paths)) else ()
    return choose(found, there, sys.stdin, sys.stdout)


def attach(args: argparse.Namespace) -> int:
    """The screen of a rig that runs, or several; it plays on when you leave."""
    if args.web:
        from rig.remote import web

        host, port = args.web
        web.serve(args.name, host, port, args.theme)
        return 0
    in_browser = "TEXTUAL_DRIVER" in os.environ
    if args.plain or not (in_browser or (sys.stdin.isatty() and sys.stdout.isatty())):
        from rig.remote import plain

        return plain.attach(args.name)
    from rig.remote import client
    from rig.remote.distant import RemoteRig
    from rig.tui import key_file
    from rig.tui.attached import AttachedApp
    from rig.tui.play import PlayScreen
    from rig.tui.themed import chosen

    theme = chosen(args.theme)
    line = client.join(args.name)
    app = AttachedApp(RemoteRig(line), key_file.read(key_file.path(), PlayScreen.actions()), theme)
    status = app.run() or 0
    if app.error is not None:
        raise app.error
    print(f"{line.name} has ended" if app.ended else f"{line.name} plays on: 'rig attach' comes back to it")
    return status


def send(args: argparse.Namespace) -> int:
    """Tell a rig that runs one verb, and print its answer."""
    from rig.remote import client, words

    answer = client.join(args.name).ask(" ".join(args.verb))
    if args.json:
        return print_json({key: value for key, value in answer.items() if key not in ("event", "id")})
    print("\n".join(words.spoken(answer) or ["done"]))
    return 0


def render(args: argparse.Namespace) -> int:
    """Run a recording through a preset or a model, without JACK."""
    from rig.files import may_replace
    from rig.gig import replay
    from rig.gig.render import render

    kept = replay.is_kept(args.source)
    if kept and (args.input or args.amp or args.song):
        raise RigError(f"{args.source} says itself what was played, and by which amps: rig render {args.source} OUT")
    if not kept and not args.input:
        raise RigError(f"which recording is to be played? rig render {args.source} IN OUT")
    may_replace(args.output, force=args.force)
    with bar("rendering") as show:
        if kept:
            replay.render(args.source, args.output, block=args.block, bits=args.bits, progress=show)
            return 0
        source, take = find_preset(args.source), find_take(args.input)
        render(source, take, args.output, amp=args.amp, song=args.song, block=args.block, bits=args.bits, progress=show)
    return 0


def train(args: argparse.Namespace) -> int:
    """Train a model that turns one recording into the other."""
    from rig.train import command

    return command.run(args) or 0


def capture(args: argparse.Namespace) -> int:
    """Play a test signal into your amp through JACK, and record it."""
    from rig.capture import command

    if args.plain or not command.asks(args):
        return command.run(args)
    from rig.tui.capture import on_screen

    return command.run(args, on_screen)


def info(args: argparse.Namespace) -> int:
    """Say what a model, a preset or a recording is, or list a folder of models."""
    from rig.report.facts import facts

    with bar("measuring models") as show:
        found = facts(find_preset(args.file), show)
    if args.json:
        return print_json(found.facts())
    from rig.report import tables

    tables.show_facts(found)
    return 0


def convert(args: argparse.Namespace) -> int:
    """Write a GuitarML model as a .nam file, or a .nam file as a GuitarML model."""
    from rig.files import may_replace
    from rig.models.convert import convert

    may_replace(args.output, force=args.force)
    for note in convert(args.input, args.output):
        print(printable(f"{args.output}: {note}"), file=sys.stderr)
    return 0


def check(args: argparse.Namespace) -> int:
    """Load presets and sets with all their files, or models; list every fault, and say what they take."""
    from rig import native
    from rig.jack.client import running
    from rig.report.facts import check

    if args.match:
        return _match(args)
    if args.dry_run or args.di or args.target is not None:
        raise RigError("--dry-run, --di and --target say how --match is to level amps: rig check PRESET --match")
    _, block = running() or (0, native.BLOCK)
    report = check(args.preset, block)
    if args.json:
        print_json(report.facts())
    else:
        from rig.report import tables

        tables.show_check(report)
        sys.stdout.flush()
        for checked in report.presets:
            for fault in checked.faults:
                complain(fault)
            for warning in getattr(checked, "warnings", ()):
                complain(f"warning: {warning}")
    return 0 if report.ok else 1


def _match(args: argparse.Namespace) -> int:
    from rig.gig.level_match import TARGET, take_of
    from rig.report.level_match import match
    from rig.shipped import DEMO

    target = TARGET if args.target is None else args.target
    take = take_of(find_take(args.di) if args.di else DEMO)
    with bar("playing amps") as show:
        report = match(args.preset, take, target, dry=args.dry_run, progress=show)
    if args.json:
        print_json(report.facts())
    else:
        from rig.report.level_tables import show_match

        show_match(report)
        for one in report.presets:
            for fault in one.faults:
                complain(fault)
    return 0 if report.ok else 1


def abx(args: argparse.Namespace) -> int:
    """Find out blindly whether you hear two sounds apart: models, amps of presets, recordings."""
    from rig.abx.session import run
    from rig.abx.sounds import Piece, pair, sound
    from rig.abx.trials import Trials
    from rig.shipped import DEMO
    from rig.sound import read

    dry, rate = read(find_take(args.di) if args.di else DEMO)
    piece = Piece(args.begin, args.seconds)
    with bar("playing both") as show:
        a = sound(str(args.a), dry[:, 0], rate, piece)
        show(0.5)
        sounds = pair(a, sound(str(args.b), dry[:, 0], rate, piece), rate)
    print(sounds.words)
    trials = Trials(args.trials, args.seed)
    run(trials, sounds, args.server, args.out or ())
    print(trials.verdict())
    return 0


def engines(args: argparse.Namespace) -> int:
    """List the engines of a chain, with their files, settings and knobs, or the LV2 plug-ins that are installed."""
    if args.lv2 is not None:
        return _plugins(" ".join(args.lv2), as_json=args.json)
    from rig.report.facts import engine_facts

    found = engine_facts()
    if args.json:
        return print_json([engine.facts() for engine in found])
    from rig.engine import skipped
    from rig.report import tables

    tables.show_engines(found, skipped())
    return 0


def _plugins(words: str, *, as_json: bool) -> int:
    """The LV2 plug-ins that have all words; one alone with its knobs."""
    from rig.report.plugin_facts import plugin_facts

    with bar("reading plug-ins") as show:
        found = plugin_facts(words, show)
    if not found:
        raise RigError(
            f"no installed LV2 plug-in is called {quoted(words)}" if words else "no LV2 plug-in is installed"
        )
    if as_json:
        return print_json([plugin.facts() for plugin in found])
    from rig.report import tables

    tables.show_plugins(found)
    return 0


def bench(args: argparse.Namespace) -> int:
    """Measure what models and amps cost on this machine."""
    from rig import native
    from rig.jack.client import running
    from rig.kinds import PRESET, kind_of
    from rig.report import bench

    isas = native.isas() if args.isa == "all" else (args.isa or native.isa(),)
    for isa in isas:
        native.use_isa(isa)
    sources = [find_preset(path) for path in args.source]
    given = [path for path in sources if kind_of(path) is not PRESET]
    given_presets = [path for path in sources if kind_of(path) is PRESET]
    report = bench.Report(bench.machine(), {}, ())
    if args.train:
        if sources:
            raise RigError("rig bench --train measures the named sizes; leave the files out")
        from rig.train.command import need_torch

        need_torch("rig bench --train")
        from rig.train import bench as training

        with bar("measuring training") as show:
            report = training.bench(isas, args.seconds, show)
    elif given or not given_presets:
        with bar("measuring models") as show:
            report = bench.bench(bench.models(given), args.block, isas, args.seconds, show, args.paced)
    if given_presets:
        rate, block = running() or (bench.RATE, native.BLOCK)
        with bar("measuring amps") as show:
            amps = bench.bench_presets(given_presets, rate, block, args.seconds, show, args.paced)
        report = dataclasses.replace(report, amps=amps)
    if args.json:
        return print_json(report.facts())
    from rig.report import tables

    tables.show_bench(report)
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Say whether this machine is fit for playing, what would make it better, and how."""
    if args.last:
        return _last_gig(args.json)
    from rig.jack.survey import survey
    from rig.report import doctor, fits

    asked = [find_preset(path) for path in args.source] or (shipped_presets() if args.fits else [])
    seen = survey(args.server)
    report = doctor.Diagnosis(doctor.diagnosis(seen))
    if args.loopback:
        from rig.capture import loopback

        try:
            report = report.with_loopback(loopback.measure(args.server, args.send, args.back))
        except RigError as error:
            report = report.without_loopback(str(error))
    if asked:
        with bar("measuring") as show:
            rate = seen.server.rate if seen.server else fits.RATE
            report = report.with_fits(fits.fits(asked, rate, show), seen.server)
    if args.json:
        print_json(report.facts())
    else:
        from rig.report import tables

        tables.show_doctor(report)
    return 0 if report.ok else 1


def _last_gig(as_json: bool) -> int:
    from rig.gig import gig_log
    from rig.report import last_gig

    record = gig_log.read(gig_log.latest(gig_log.folder()))
    goes_on = last_gig.lasts(record)
    if as_json:
        return print_json({**dataclasses.asdict(record), "goes_on": goes_on})
    for sentence in last_gig.sentences(record, goes_on):
        print(printable(sentence))
    return 0


def completion(args: argparse.Namespace) -> int:
    """Print what makes a shell complete commands, options, presets and files."""
    from rig.shell import bash, fish, zsh

    print({"bash": bash, "zsh": zsh, "fish": fish}[args.shell].script(_table()), end="")
    return 0


def unit(args: argparse.Namespace) -> int:
    """Print a systemd unit by which a rig plays as soon as you are logged in."""
    from rig.shell import unit

    print(unit.unit([find_preset(preset).resolve() for preset in args.preset]), end="")
    return 0


def man(args: argparse.Namespace) -> int:
    """Print the manual page."""
    from rig.shell.man import page

    print(page(_table()), end="")
    return 0


def _table() -> Table:
    from rig.gig.verbs import VERBS
    from rig.shell.table import table

    return table(parser(COMMANDS), (Path, there), {"VERB": tuple(VERBS)})


COMMANDS = (
    play,
    attach,
    send,
    render,
    train,
    capture,
    info,
    convert,
    check,
    abx,
    bench,
    doctor,
    engines,
    completion,
    unit,
    man,
)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status; wrong use exits with 2 as argparse does."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given and not given[0].startswith("-") and given[0].lower().endswith(".toml"):
        given.insert(0, play.__name__)
    options = parser(COMMANDS)
    args = options.parse_args(given)
    if "function" not in args:
        options.print_help()
        return 0
    debug = getattr(args, "debug", False)
    errors.notice = complain
    try:
        status: int = args.function(args)
        if sys.stdout and not sys.stdout.closed:
            sys.stdout.flush()  # here, where it is no fault that the reader has gone
        return status
    except BrokenPipeError:  # the reader of our output has seen enough: `rig engines | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        complain(_line(error))
        if debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).split("\n"):
                print(printable(line), file=sys.stderr)
        return 1


def _line(error: BaseException) -> str:
    """What to tell the player of an error."""
    if isinstance(error, RigError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"{own_fault(error)} (--debug shows where)"
