"""Opens a gig: presets are read and loaded, JACK is joined or started, and it sounds."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rig.document.document import AMPS, Document
from rig.document.set_file import Sources, open_sources
from rig.files import sweep
from rig.gig.bookmark import Bookmark
from rig.gig.connection import CONNECTED
from rig.gig.file_watcher import FileWatcher
from rig.gig.gig import Gig
from rig.gig.inserts import Inserts
from rig.gig.journal import left
from rig.gig.kept import Room
from rig.gig.pedals import own_file
from rig.gig.reconciler import Progress, Reconciler
from rig.gig.set_list import first_song, parts
from rig.gig.snapshot import News
from rig.jack.client import Client
from rig.jack.joined import Ports
from rig.jack.opening import OPEN_SECONDS
from rig.native import Rack
from rig.sound import read, resample


def _first(document: Document, last: Bookmark | None = None) -> int:
    """The amp that plays first: of the first song, or the last one that was played, where there are any."""
    return parts(document, first_song(document.songs, last))[0].amp if document.songs else document.amps[0].uid


def _loaded(sources: Sources, first: int) -> Document:
    """What is loaded before the first note."""
    document = sources.document
    if sources.set_file is None and len(document.amps) <= AMPS:
        return document
    return replace(document, presets=(document.preset_of(first),))


def open_gig(
    paths: Sequence[Path],
    *,
    name: str = "rig",
    server: str | None = None,
    connect: bool = True,
    di: Path | None = None,
    record: Path | None = None,
    amp: str | None = None,
    watch: bool = False,
    relieve: bool = True,
    room: Room | None = None,
    log: Path | None = None,
    resume: Bookmark | None = None,
    progress: Progress = lambda step, share: None,
) -> Gig:
    """Load a set, warm it, and let it sound.

    paths: presets, folders of them, and sets; of more than the rack has slots for, and of a set's file, the first song
    is loaded, and the others beside the music. name, server: of our JACK client, and of the server it looks for.
    di: a recording that plays into the rig in place of a guitar. watch: follow the presets and their files.
    relieve: leave out what the period has no time for. room: memory for the last minutes and for loops; None: none.
    log: the folder where what goes wrong, and where the player is, are written down; None: nowhere. resume: where to be
    in what is played. Raises RigError; then nothing is left running.
    """
    progress("Reading presets", 0.0)
    watcher = FileWatcher()
    watcher.changed(map(Path, paths))
    sources = open_sources([Path(path) for path in paths])
    watcher.changed(file.path for file in sources.files)
    for file in sources.files:
        sweep(file.path)
    watcher.changed(path for file in sources.files for path in file.preset.files)
    recording = read(Path(di)) if di else None
    loop = (recording[0][:, 0], recording[1]) if recording else None
    progress("Looking for JACK", 0.0)
    client = Client(name, server, Ports(inserts=True))
    try:
        document = sources.document
        first = _first(document, resume)
        rack, room = Rack(client.rate), room or Room(0.0, 0.0)
        inserts = Inserts(client.block)
        reconciler = Reconciler(rack, inserts=inserts)
        with ThreadPoolExecutor(1) as beside:  # it takes half a second to have so much memory
            taken = beside.submit(room.take, rack)
            reconciler.load(_loaded(sources, first), first, progress)
        client.inserts(inserts.names)
        source = Path(di).name if di else ""
        gig = Gig(
            sources.files,
            reconciler,
            client,
            first,
            source,
            loop,
            watcher if watch else None,
            room,
            sources.songs,
            sources.set_file,
        )
        gig.headroom.relieve(relieve)
        for fault in taken.result():
            gig.tell(News(fault, wrong=True))
        gig.pedals.read_own(own_file())
        if loop:
            reconciler.rack.loop(resample(*loop, client.rate))
        gig.set_list.begin(resume)
        if resume:
            gig.resume(resume)
            gig.settle()
        if amp is not None:
            gig.do(f"amp {amp}")
            gig.settle()
        reconciler.rack.begin(open=False)
        client.start(reconciler.rack, OPEN_SECONDS)
        if connect:
            wired = gig.connection.wire()
            if wired == CONNECTED:
                gig.say(wired.message)
            else:
                gig.tell(wired)
        if record:
            gig.do(f"record {record}")
        gig.takes.rescue(Path())
        reconciler.rack.open()
        if log:
            gig.incidents.log.write_into(log)
            gig.bookmark.write_into(log, paths)
            opened = [file.path for file in sources.files]
            gig.offer = left(log, [*opened, sources.set_file.path] if sources.set_file else opened)
            gig.journal.write_into(log)
            if gig.offer:
                gig.tell(News(f"{gig.offer.about}: 'recover' takes them, 'recover drop' drops them"))
    except BaseException:
        client.close()
        raise
    return gig
