"""The commands: one function each, which imports what it needs, so that `rig play` never loads torch.

Exit status: 0 done, 1 the work failed, 2 wrong use. What fails is one line on stderr; `--debug` adds the traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rig import __version__, errors
from rig.errors import QUOTED, RigError, cut, did_you_mean, own_fault, quoted
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
            room=Room(args.keep, args.loop),
            log=gig_log.folder(),
            resume=last if args.resume else None,
            progress=progress,
        )

    debug = getattr(args, "debug", False)
    if args.headless:
        from rig.remote import headless

        return headless.run(opened, save=args.save_on_quit, debug=debug)
    if args.daemon:
        from rig.remote import background

        return background.run(opened, save=args.save_on_quit, debug=debug)
    if args.plain:
        from rig.remote import plain

        return plain.play(opened, debug=debug)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        from rig.document.set_file import open_sources

        open_sources(presets)  # what is wrong with the file is nearer to the player than the terminal
        raise RigError("rig play draws on a terminal, and this is none; use --plain or --headless here")
    from rig.engine import registry
    from rig.remote.others import Others
    from rig.tui import key_file
    from rig.tui.app import RigApp
    from rig.tui.play import PlayScreen

    registry()  # what it has to say goes to a terminal that is not yet a screen
    app = RigApp(opened, key_file.read(key_file.path(), PlayScreen.actions()), Others)
    status = app.run()
    if app.error is not None:
        raise app.error
    for news in app.gig.news() if app.gig else ():
        if news.wrong:  # no screen was there to show it
            _complain(news.message)
    return status or 0


def _chosen(args: argparse.Namespace, last: Bookmark | None) -> list[Path]:
    """What the player picks on a terminal of all that is found."""
    from rig.choice import choose, offers

    found = offers()
    if args.headless or not (sys.stdin.isatty() and sys.stdout.isatty()):
        names = ", ".join(offer.name for offer in found)
        _complain(f"which preset or set? There are {names}; 'rig play --resume' plays what was played last")
        raise SystemExit(2)
    there = last.paths if last and all(map(os.path.exists, last.paths)) else ()
    return choose(found, there, sys.stdin, sys.stdout)


def attach(args: argparse.Namespace) -> int:
    """Talk to a rig that runs, in plain lines; it plays on when you leave."""
    from rig.remote import plain

    return plain.attach(args.name)


def send(args: argparse.Namespace) -> int:
    """Tell a rig that runs one verb, and print its answer."""
    from rig.remote import client, words

    answer = client.join(args.name).ask(" ".join(args.verb))
    if args.json:
        return _json({key: value for key, value in answer.items() if key not in ("event", "id")})
    print("\n".join(words.spoken(answer) or ["done"]))
    return 0


def render(args: argparse.Namespace) -> int:
    """Run a recording through a preset or a model, without JACK."""
    from rig.files import may_replace
    from rig.gig import replay
    from rig.gig.render import render

    kept = replay.is_kept(args.source)
    if kept and (args.input or args.amp):
        raise RigError(f"{args.source} says itself what was played, and by which amps: rig render {args.source} OUT")
    if not kept and not args.input:
        raise RigError(f"which recording is to be played? rig render {args.source} IN OUT")
    may_replace(args.output, force=args.force)
    with _bar("rendering") as show:
        if kept:
            replay.render(args.source, args.output, block=args.block, bits=args.bits, progress=show)
            return 0
        source, take = find_preset(args.source), find_take(args.input)
        render(source, take, args.output, amp=args.amp, block=args.block, bits=args.bits, progress=show)
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

    with _bar("measuring models") as show:
        found = facts(find_preset(args.file), show)
    if args.json:
        return _json(found.facts())
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

    _, block = running() or (0, native.BLOCK)
    report = check(args.preset, block)
    if args.json:
        _json(report.facts())
    else:
        from rig.report import tables

        tables.show_check(report)
        sys.stdout.flush()
        for checked in report.presets:
            for fault in checked.faults:
                _complain(fault)
            for warning in getattr(checked, "warnings", ()):
                _complain(f"warning: {warning}")
    return 0 if report.ok else 1


def engines(args: argparse.Namespace) -> int:
    """List the engines of a chain, with their files, settings and knobs, or the LV2 plug-ins that are installed."""
    if args.lv2 is not None:
        return _plugins(" ".join(args.lv2), as_json=args.json)
    from rig.report.facts import engine_facts

    found = engine_facts()
    if args.json:
        return _json([engine.facts() for engine in found])
    from rig.engine import skipped
    from rig.report import tables

    tables.show_engines(found, skipped())
    return 0


def _plugins(words: str, *, as_json: bool) -> int:
    """The LV2 plug-ins that have all words; one alone with its knobs."""
    from rig.report.plugin_facts import plugin_facts

    with _bar("reading plug-ins") as show:
        found = plugin_facts(words, show)
    if not found:
        raise RigError(
            f"no installed LV2 plug-in is called {quoted(words)}" if words else "no LV2 plug-in is installed"
        )
    if as_json:
        return _json([plugin.facts() for plugin in found])
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

        with _bar("measuring training") as show:
            report = training.bench(isas, args.seconds, show)
    elif given or not given_presets:
        with _bar("measuring models") as show:
            report = bench.bench(bench.models(given), args.block, isas, args.seconds, show, args.paced)
    if given_presets:
        rate, block = running() or (bench.RATE, native.BLOCK)
        with _bar("measuring amps") as show:
            amps = bench.bench_presets(given_presets, rate, block, args.seconds, show, args.paced)
        report = dataclasses.replace(report, amps=amps)
    if args.json:
        return _json(report.facts())
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
        with _bar("measuring") as show:
            rate = seen.server.rate if seen.server else fits.RATE
            report = report.with_fits(fits.fits(asked, rate, show), seen.server)
    if args.json:
        _json(report.facts())
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
        return _json({**dataclasses.asdict(record), "goes_on": goes_on})
    for sentence in last_gig.sentences(record, goes_on):
        print(printable(sentence))
    return 0


def completion(args: argparse.Namespace) -> int:
    """Print what makes a shell complete commands, options, presets and files."""
    from rig.shell import bash, fish, zsh

    print({"bash": bash, "zsh": zsh, "fish": fish}[args.shell].script(_table()), end="")
    return 0


def man(args: argparse.Namespace) -> int:
    """Print the manual page."""
    from rig.shell.man import page

    print(page(_table()), end="")
    return 0


def _table() -> Table:
    from rig.gig.verbs import VERBS
    from rig.shell.table import table

    return table(_parser(), (Path, _there), {"VERB": tuple(VERBS)})


def main(argv: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status; wrong use exits with 2 as argparse does."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given and not given[0].startswith("-") and given[0].lower().endswith(".toml"):
        given.insert(0, play.__name__)
    parser = _parser()
    args = parser.parse_args(given)
    if "function" not in args:
        parser.print_help()
        return 0
    debug = getattr(args, "debug", False)
    errors.notice = _complain
    try:
        status: int = args.function(args)
        if sys.stdout and not sys.stdout.closed:
            sys.stdout.flush()  # here, where it is no fault that the reader has gone
        return status
    except BrokenPipeError:  # the reader of our output has seen enough: `rig engines | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        _complain(_line(error))
        if debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).split("\n"):
                print(printable(line), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show a traceback when something fails"
    )
    parser = _Parser(
        prog="rig",
        description="A live rig for guitarists in the terminal.",
        parents=[common],
        epilog="Begin with: rig play blues --di demo; rig COMMAND --help has more examples.",
    )
    parser.add_argument("--version", action="version", version=f"rig {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)

    def command(function: Callable[[argparse.Namespace], int], *examples: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            function.__name__,
            help=function.__doc__,
            description=function.__doc__,
            epilog="\n  ".join(["Examples:", *examples]),
            parents=[common],
            formatter_class=_Help,
        )
        sub.set_defaults(function=function, examples=examples)
        return sub

    sub = command(
        play,
        "rig play",
        "rig play --resume",
        "rig play blues --amp Crunch",
        "rig play friday.toml --watch",
        "rig play rock --di demo",
    )
    sub.add_argument(
        "preset",
        type=_there,
        nargs="*",
        metavar="PRESET|SET",
        help="what is played, song by song: presets (files, or names of yours or of those that ship), folders of them, "
        "or a set, a file with songs; none: rig lists what it finds, and asks",
    )
    sub.add_argument(
        "--resume", action="store_true", help="play what was played last: the same song, amp and output level"
    )
    sub.add_argument("--amp", metavar="N|NAME[:SCENE]", help="the amp to start with (default: the first)")
    sub.add_argument("--name", type=_client, default="rig", metavar="CLIENT", help="our name in JACK (default: rig)")
    sub.add_argument("--server", metavar="NAME", help="the JACK server to use, one that runs (default: JACK's own)")
    sub.add_argument("--no-connect", action="store_true", help="leave all ports unconnected")
    sub.add_argument(
        "--di",
        type=_there,
        metavar="FILE",
        help="loop a recording into the rig instead of a guitar; demo is the one that ships",
    )
    sub.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="record what is heard into a .wav or .flac, and the dry guitar beside it",
    )
    sub.add_argument(
        "--keep",
        type=_number_of("minutes", 0, 60),
        metavar="MINUTES",
        help="of all that is heard, always kept in memory for the key k to write down (default: 10, or what fits into "
        "an eighth of the memory; a minute takes 35 MB at 48 kHz); 0: none",
    )
    sub.add_argument(
        "--loop",
        type=_number_of("minutes", 0, 60),
        default=5.0,
        metavar="MINUTES",
        help="that a loop and its layers have in all (default: 5; a minute takes 12 MB at 48 kHz); 0: no looper",
    )
    sub.add_argument(
        "--watch", action="store_true", help="play presets, models and cabinets anew when their files change"
    )
    shown = sub.add_mutually_exclusive_group()
    shown.add_argument("--headless", action="store_true", help="no screen: verbs on stdin, JSON lines on stdout")
    shown.add_argument("--plain", action="store_true", help="no screen: short plain lines, for a screen reader")
    shown.add_argument("--daemon", action="store_true", help="in the background: see rig attach and rig send")
    sub.add_argument("--save-on-quit", action="store_true", help="headless, daemon: save what was changed in the end")

    sub = command(attach, "rig attach", "rig attach --name rig-2")
    sub.add_argument("--name", metavar="CLIENT", help="the rig, where several run")
    sub.add_argument("--plain", action="store_true", help="in plain lines, as it is so far in any case")

    sub = command(send, "rig send amp 2", "rig send mute on", "rig send help")
    sub.add_argument("--name", metavar="CLIENT", help="the rig, where several run")
    sub.add_argument("--json", action="store_true", help="for programs")
    sub.add_argument("verb", nargs="+", metavar="VERB", help="as in the headless mode: amp 2, mute on")

    sub = command(
        render, "rig render blues di.wav lead.wav --amp Lead", "rig render my-amp.nam di.wav wet.flac --bits 24"
    )
    sub.add_argument(
        "source",
        type=_there,
        metavar="PRESET|MODEL|KEPT",
        help="a preset (.toml), a model of any family, or a folder that the key k has written, which is played again",
    )
    sub.add_argument(
        "input", type=_there, nargs="?", metavar="IN", help="the dry recording: WAV, FLAC ...; of a KEPT, none"
    )
    sub.add_argument("output", type=Path, metavar="OUT", help="the .wav or .flac file to write")
    sub.add_argument("--amp", metavar="N|NAME[:SCENE]", help="the preset's amp (default: the first)")
    sub.add_argument("--block", type=_block, default=64, metavar="N", help="frames a period (default: 64)")
    sub.add_argument(
        "--bits", type=int, choices=(24, 32), default=32, help="24, or 32 for float (default: 32); a .flac has 24"
    )
    sub.add_argument("--force", action="store_true", help="write over OUT where it is there")

    sub = command(
        capture, "rig capture -o my-amp", "rig capture -o my-amp --send system:playback_1 --return system:capture_1"
    )
    from rig.capture import options as capturing

    capturing.add_arguments(sub)

    sub = command(
        train, "rig train my-amp -o my-amp.json --dry-run", "rig train dry.wav wet.wav -o my-amp.json --minutes 10"
    )
    from rig.train import command as training  # its arguments only; torch comes with run()

    training.add_arguments(sub)

    sub = command(info, "rig info blues", "rig info presets/models/small-combo-clean.json", "rig info my-models")
    sub.add_argument(
        "file", type=_there, metavar="PRESET|FILE|FOLDER", help="a preset, a model, a recording; a folder of models"
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command(convert, "rig convert my-amp.json my-amp.nam", "rig convert my-amp.nam my-amp.json --force")
    sub.add_argument("input", type=_there, metavar="IN", help="a model of either kind")
    sub.add_argument("output", type=Path, metavar="OUT", help="the model to write: .nam, or .json for GuitarML's")
    sub.add_argument("--force", action="store_true", help="write over OUT where it is there")

    sub = command(check, "rig check friday.toml", "rig check blues rock my-set/*.toml")
    sub.add_argument("preset", type=_there, nargs="+", metavar="PRESET|SET|MODEL", help="what is to be played")
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command(bench, "rig bench", "rig bench blues --paced")
    sub.add_argument("source", type=_there, nargs="*", metavar="MODEL|PRESET", help="default: the shipped models")
    sub.add_argument("--block", type=_blocks, default=(16, 64, 256), metavar="N,N", help="frames (default: 16,64,256)")
    sub.add_argument("--isa", metavar="NAME|all", help="the instruction set (default: the best this machine has)")
    sub.add_argument(
        "--seconds",
        type=_number_of("seconds", 0.1, 3600),
        default=3.0,
        metavar="S",
        help="of audio for each row, with --train of time (default: 3)",
    )
    paced = "also one block a period and sleep between, as JACK runs it; takes as long as it plays"
    sub.add_argument("--paced", action="store_true", help=paced)
    sub.add_argument("--train", action="store_true", help="what rig train's steps cost, in place of what playing does")
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command(doctor, "rig doctor", "rig doctor blues", "rig doctor --last")
    fitting = "also say into which period these fit, and how much room they leave"
    sub.add_argument("source", type=_there, nargs="*", metavar="PRESET|SET|MODEL", help=fitting)
    sub.add_argument("--fits", action="store_true", help="the same of all presets that ship")
    sub.add_argument("--last", action="store_true", help="instead, tell what went wrong in the last gig")
    sub.add_argument("--server", metavar="NAME", help="the JACK server to look at (default: JACK's own)")
    sub.add_argument(
        "--loopback", action="store_true", help="measure the latency through a cable from an output to an input"
    )
    sub.add_argument("--send", metavar="PORT", help="where that cable begins (default: the sound card's first output)")
    sub.add_argument(
        "--return", dest="back", metavar="PORT", help="and where it ends (default: the sound card's first input)"
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command(engines, "rig engines", "rig engines --lv2 guitarix reverb")
    sub.add_argument(
        "--lv2",
        nargs="*",
        metavar="WORD",
        help="the installed LV2 plug-ins whose name, class or URI has all words; one alone with its knobs",
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command(completion, "rig completion fish | source", 'eval "$(rig completion bash)"')
    sub.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")

    command(man, "rig man | man -l -", "rig man > ~/.local/share/man/man1/rig.1")
    return parser


class _Parser(argparse.ArgumentParser):
    """argparse, but wrong use is one line that names what would be right."""

    def error(self, message: str) -> NoReturn:
        most = QUOTED + len("unrecognized arguments: ")
        message = message if len(message) <= most or not message.startswith("unrecognized") else f"{message[:most]}..."
        _complain(f"{message}; see {self.prog} --help")
        raise SystemExit(2)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            known = f"; known: {', '.join(action.choices)}"
            raise argparse.ArgumentError(
                None, f"no command {quoted(value)}{did_you_mean(str(value), action.choices) or known}"
            )
        super()._check_value(action, value)


class _Help(argparse.HelpFormatter):
    """argparse's, but lines that are set in stay lines of their own."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        lines = text.splitlines()
        return "\n".join(line if line.startswith(" ") else fill(line, width, indent) for line in lines)


def _there(text: str) -> Path:
    """A path that is read, as the disk spells it."""
    from rig.files import spelled

    return spelled(Path(text))


def _block(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65536:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no whole number from 1 to 65536")
    return int(text)


def _client(text: str) -> str:
    """A name that JACK gives a client as it stands; 63 bytes are all that it keeps."""
    if not 1 <= len(text.encode()) <= 63 or ":" in text or not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError(f"'{cut(text)}' is no name for JACK: 1 to 63 letters, and no colon")
    return text


def _blocks(text: str) -> tuple[int, ...]:
    return tuple(_block(part) for part in text.split(","))


def _number_of(unit: str, low: float, high: float) -> Callable[[str], float]:
    """Reads a number of that from `low` to `high`."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{quoted(text)} is no number of {unit} from {low:g} to {high:g}")
        return number

    return read


def _line(error: BaseException) -> str:
    """What to tell the player of an error."""
    if isinstance(error, RigError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"{own_fault(error)} (--debug shows where)"


def _complain(line: str) -> None:
    sys.stdout.flush()
    print(printable(f"rig: {' '.join(line.splitlines())}"), file=sys.stderr)


def _json(value: object) -> int:
    import json

    text = json.dumps(_plain(value), indent=2, ensure_ascii=False)
    print("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))
    return 0


def _plain(value: object) -> object:
    """As JSON has it: a path is a text; NaN and infinity, of which there are none, are null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr, where that is a terminal. Yields what is to be told 0..1 of the work done."""
    from rich.console import Console
    from rich.progress import Progress

    # No thread of its own draws it: what is measured meanwhile has the processor to itself.
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False, disable=quiet) as bars:
        bar = bars.add_task(what, total=1.0, visible=False)
        yield lambda share: bars.update(bar, completed=share, visible=True, refresh=True)
