"""What is measured, one function a figure; see `docs/performance.md` for what bounds each."""

import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from facilitation.operating.backup import back_up
from facilitation.record.writers import WRITERS
from tests.bench.browser import board, first_view
from tests.bench.crowd import Crowd, Line
from tests.bench.meeting import LANGUAGES, Meeting
from tests.faults.cluster import Cluster
from tests.servers import SLUG, Process

WATCHING = 200
ROUNDS = 40

Figures = dict[str, float]


def milliseconds(seconds: list[float]) -> Figures:
    """Median and 95th percentile."""
    ordered = sorted(seconds)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 1),
    }


def joined(meeting: Meeting, server: Process | Cluster, count: int, languages: int = 1) -> Crowd:
    """So many people in the room. They join as browsers do, with the number that their page was made at."""
    crowd = Crowd(server.port)
    first = crowd.enter(meeting.cookies[0])
    page = {"since": crowd.ask(first, "join", meeting.join(0))["seq"]}
    for number in range(1, count):
        crowd.enter(meeting.cookies[number], meeting.join(number, languages) | page)
    return crowd


def contribute(meeting: Meeting, crowd: Crowd, number: int, who: int = 0) -> float:
    """Seconds from sending a contribution until it is acknowledged and the last of the crowd has it."""
    author = crowd.lines[who]
    began = time.perf_counter()
    asked = crowd.tell(author, "command", meeting.contribution(number))
    crowd.until(lambda: asked in author.answers)
    answer = author.answers.pop(asked)
    if not answer["ok"]:
        raise RuntimeError(answer)
    crowd.until(lambda: all(line.last_seq >= answer["seq"] for line in crowd.lines))
    return time.perf_counter() - began


def fan_out(meeting: Meeting, count: int, languages: int) -> Figures:
    """(a) A durable contribution to the last of ``count``, and the bare stack's broadcast of the same bytes, in turns."""
    with meeting.served() as server, meeting.bare() as bare:
        crowd = joined(meeting, server, count, languages)
        patches: list[str] = []
        crowd.lines[0].on_event = lambda _line, text: patches.append(text)
        contribute(meeting, crowd, 0)
        # The largest of what one contribution sends, and it is the bare stack that sends it to everybody.
        message = json.loads(max(patches, key=len)[2:])[1]
        crowd.lines[0].on_event = None
        others = Crowd(bare.port)
        for _ in range(count):
            others.enter()
        ours, theirs = [], []
        for number in range(1, ROUNDS + 1):
            ours.append(contribute(meeting, crowd, number))
            theirs.append(_broadcast(others, message | {"seq": number}))
        crowd.leave()
        others.leave()
    result = milliseconds(ours) | {f"bare_{name}": value for name, value in milliseconds(theirs).items()}
    return result | {"ratio": round(statistics.median(ours) / statistics.median(theirs), 2)}


def _broadcast(crowd: Crowd, message: dict[str, Any]) -> float:
    began = time.perf_counter()
    asked = crowd.tell(crowd.lines[0], "say", message)
    crowd.until(lambda: asked in crowd.lines[0].answers)
    crowd.until(lambda: all(line.last_seq >= message["seq"] for line in crowd.lines))
    return time.perf_counter() - began


def sustained(meeting: Meeting, seconds: float = 8) -> Figures:
    """(b) Durable contributions a second with 200 watching: forty of them write, each the next as soon as the last is saved."""
    with meeting.served() as server:
        crowd = joined(meeting, server, WATCHING)
        figures = keep_writing(meeting, crowd, server.ids, seconds)
        crowd.leave()
    return figures


def keep_writing(meeting: Meeting, crowd: Crowd, processes: list[int], seconds: float) -> Figures:
    """Forty of the crowd write for so long, at servers with these process ids."""
    pending: dict[int, tuple[Line, float]] = {}
    waits: list[float] = []
    last = 0

    def write(line: Line) -> None:
        pending[crowd.tell(line, "command", meeting.contribution(len(waits)))] = (line, time.perf_counter())

    for line in crowd.lines[:40]:
        write(line)
    began, cpu = time.perf_counter(), processor_time(processes)
    while time.perf_counter() - began < seconds:
        crowd.listen(0.01)
        for asked, (line, sent) in list(pending.items()):
            if asked in line.answers:
                answer = line.answers.pop(asked)
                if not answer["ok"]:
                    raise RuntimeError(answer)
                last = max(last, answer["seq"])
                waits.append(time.perf_counter() - sent)
                del pending[asked]
                write(line)
    took, cpu = time.perf_counter() - began, processor_time(processes) - cpu
    crowd.until(lambda: all(line.last_seq >= last for line in crowd.lines))
    behind = time.perf_counter() - began - took
    cost = {"server_cpu_ms_each": round(1000 * cpu / len(waits), 1), "server_cpu_share": round(cpu / took, 2)}
    return {"per_second": round(len(waits) / took), "last_page_behind_s": round(behind, 2)} | cost | milliseconds(waits)


def herd(meeting: Meeting) -> Figures:
    """(c) Seconds from a killed server to 200 clients caught up again, all coming at once; and of it, without the start."""
    with meeting.served() as server:
        crowd = joined(meeting, server, WATCHING)
        seq = int(crowd.ask(crowd.lines[0], "catch_up", {"since": 0})["seq"])
        for number in range(20):
            contribute(meeting, crowd, number)
        crowd.leave()
    killed = time.perf_counter()
    with meeting.served() as server:
        up = time.perf_counter()
        crowd = Crowd(server.port)
        lines = [crowd.connect(meeting.cookies[number]) for number in range(WATCHING)]
        crowd.until(lambda: all(-1 in line.answers for line in lines))
        asked = [crowd.tell(line, "join", meeting.join(number) | {"since": seq}) for number, line in enumerate(lines)]
        crowd.until(lambda: all(number in line.answers for number, line in zip(asked, lines, strict=True)))
        done = time.perf_counter()
        crowd.leave()
    return {"with_the_start_s": round(done - killed, 2), "caught_up_s": round(done - up, 2)}


def memory(meeting: Meeting) -> Figures:
    """(d) Kilobytes a connected client, ours and bare."""
    with meeting.served() as server:
        joined(meeting, server, 20).leave()
        before = resident(server)
        crowd = joined(meeting, server, WATCHING)
        ours = (resident(server) - before) / WATCHING / 1024
        crowd.leave()
    with meeting.bare() as bare:
        crowd = Crowd(bare.port)
        for _ in range(20):
            crowd.enter()
        before = resident(bare)
        crowd = Crowd(bare.port)
        for _ in range(WATCHING):
            crowd.enter()
        theirs = (resident(bare) - before) / WATCHING / 1024
        crowd.leave()
    return {"kb": round(ours, 1), "bare_kb": round(theirs, 1), "ratio": round(ours / theirs, 2)}


def growing(meeting: Meeting, sizes: tuple[int, ...] = (100, 1_000, 10_000)) -> dict[str, Figures]:
    """(e) One contribution to the last of ten, with so many already there."""
    found: dict[str, Figures] = {}
    there = 0
    for size in sizes:
        with meeting.app.app_context():
            for number in range(there, size):
                args = meeting.contribution(number)["args"]
                meeting.do("add_contribution", meeting.ids[number % len(meeting.ids)], **args)
        there = size
        with meeting.served() as server:
            crowd = joined(meeting, server, 10)
            contribute(meeting, crowd, 0)
            took = [contribute(meeting, crowd, number, who=number % 10) for number in range(ROUNDS)]
            crowd.leave()
        there += ROUNDS + 1
        found[f"{size}"] = milliseconds(took)
    first, last = (found[str(size)]["median_ms"] for size in (sizes[0], sizes[-1]))
    return found | {"ratio": {"last_to_first": round(last / first, 2)}}


def view(meeting: Meeting) -> Figures:
    """(f) The first view of the room in Chromium."""
    with meeting.served() as server:
        return first_view(server.port, meeting.cookies[0], SLUG)


def many(meeting: Meeting, contributions: int = 10_000) -> Figures:
    """(h) The board with ten thousand contributions in Chromium: a keystroke in the filter, grouping one, opening it."""
    with meeting.app.app_context():
        for number in range(contributions):
            args = meeting.contribution(number)["args"]
            meeting.do("add_contribution", meeting.ids[number % len(meeting.ids)], **args)
        meeting.do("add_theme", kind="idea", title="Shared assessments")
        cookie = meeting.sign_in("facilitator")
    with meeting.served() as server:
        took = board(server.port, cookie, SLUG)
    keystroke, grouped = milliseconds(took["keystroke"]), milliseconds(took["grouped"])
    return {
        "opened_s": round(took["opened"][0], 1),
        **{f"keystroke_{name}": figure for name, figure in keystroke.items()},
        **{f"grouping_{name}": figure for name, figure in grouped.items()},
    }


def documents(meeting: Meeting, contributions: int = 1_000) -> Figures:
    """(g) Minutes with a thousand contributions in six languages in every format, and how long the room waits meanwhile."""
    with meeting.app.app_context():
        for number in range(contributions):
            args = meeting.contribution(number)["args"] | {"lang": LANGUAGES[number % len(LANGUAGES)]}
            meeting.do("add_contribution", meeting.ids[number % len(meeting.ids)], **args)
    found: Figures = {}
    with meeting.served() as server:
        crowd = joined(meeting, server, 10)
        contribute(meeting, crowd, 0)
        quiet = [contribute(meeting, crowd, number) for number in range(ROUNDS)]
        waits: list[float] = []
        for form in WRITERS:
            took: list[float] = []
            thread = threading.Thread(target=_download, args=(server.port, meeting.cookies[1], form, took.append))
            thread.start()
            while thread.is_alive():
                waits.append(contribute(meeting, crowd, len(waits)))
                crowd.listen(0.05)
            found[f"{form}_s"] = round(took[0], 1)
        crowd.leave()
    longest = {"room_quiet_longest_ms": round(1000 * max(quiet)), "room_meanwhile_longest_ms": round(1000 * max(waits))}
    return found | longest


def _download(port: int, cookie: str, form: str, note: Callable[[float], None]) -> None:
    began = time.perf_counter()
    url = f"http://127.0.0.1:{port}/w/{SLUG}/export/minutes.{form}?lang=mk"
    answer = requests.get(url, headers={"Cookie": cookie}, timeout=120)
    answer.raise_for_status()
    note(time.perf_counter() - began)


def growing_up(
    meeting: Meeting, sizes: tuple[int, ...] = (1, 2, 4), rounds: int = ROUNDS, seconds: float = 8
) -> dict[str, Figures]:
    """(i) A contribution to the last of 200, and contributions a second: one process on SQLite, and the same meeting moved to
    PostgreSQL, Redis and nginx, on so many processes."""

    def figures(there: Meeting, server: Process | Cluster) -> Figures:
        crowd = joined(there, server, WATCHING)
        contribute(there, crowd, 0)
        told = milliseconds([contribute(there, crowd, number, who=number % WATCHING) for number in range(rounds)])
        written = keep_writing(there, crowd, server.ids, seconds)
        crowd.leave()
        return told | {name: written[name] for name in ("per_second", "last_page_behind_s", "server_cpu_share")}

    stored = meeting.folder.with_name(f"{meeting.folder.name}.backup")
    with meeting.app.app_context():
        back_up(stored, meeting.folder)
    with meeting.served() as server:
        found = {"one process, SQLite": figures(meeting, server)}
    for size in sizes:
        with meeting.grown(stored, size) as (there, cluster):
            found[f"PostgreSQL, {size}"] = figures(there, cluster)
    (_, alone), *_ = found.items()
    for row in found.values():
        row["median_ratio"] = round(row["median_ms"] / alone["median_ms"], 2)
        row["rate_ratio"] = round(row["per_second"] / alone["per_second"], 2)
    return found


def measure_all(folder: Path, mode: str, only: str) -> dict[str, Any]:
    """Every figure asked for (letters a to i), each on an instance of its own."""

    def meeting(name: str, people: int) -> Meeting:
        (folder / name).mkdir(parents=True)
        return Meeting(folder / name, people, mode)

    found: dict[str, Any] = {}
    if "a" in only:
        for count in (50, 200, 500):
            found[f"a: to the last of {count}"] = fan_out(meeting(f"a{count}", count), count, 1)
        found["a: to the last of 200, six languages"] = fan_out(meeting("a6", 200), 200, 6)
    measures: dict[str, tuple[str, int, Callable[[Meeting], Any]]] = {
        "b": ("sustained, 200 watching", WATCHING, sustained),
        "c": ("200 come back after a restart", WATCHING, herd),
        "d": ("memory a client", WATCHING, memory),
        "e": ("with so many there", 200, growing),
        "f": ("first view in Chromium", 1, view),
        "g": ("minutes of 1,000 contributions", 100, documents),
        "h": ("the board with 10,000", 20, many),
        "i": ("several processes", WATCHING, growing_up),
    }
    for letter, (name, people, measure) in measures.items():
        if letter in only:
            found[f"{letter}: {name}"] = measure(meeting(letter, people))
    return found


def resident(process: Process) -> int:
    """Resident memory of all of its processes, in bytes."""
    found = [Path(f"/proc/{number}/status").read_text() for number in process.ids]
    lines = [line for text in found for line in text.splitlines() if line.startswith("VmRSS:")]
    return sum(int(line.split()[1]) * 1024 for line in lines)


def processor_time(processes: list[int]) -> float:
    """Seconds of processor time that all of these have used."""
    times = [Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13] for number in processes]
    return sum(int(ticks) for pair in times for ticks in pair) / os.sysconf("SC_CLK_TCK")
