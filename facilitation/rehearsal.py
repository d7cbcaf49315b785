"""Rehearsal: the day before, simulated delegations play the meeting on a copy of it, and a report says what would go wrong.

The copy stands in an instance of its own, on a server of its own on the loopback interface; both are gone afterwards. The
delegations are real clients: they sign in with links, write, raise hands, lose their line and come back. How long people
talk is assumed (``MINUTES``), and said in the report, because nobody can measure it the day before.
"""

import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from facilitation.config import ROOT
from facilitation.meeting import clock
from facilitation.meeting.models import AgendaItem, Person, Workshop
from facilitation.play import Player

MINUTES = {"word": 3.0, "question": 2.0, "presenting": 0.7, "alone": 0.9}
"""What is assumed: a delegation's word in a tour de table or a discussion, a question with its answer; the part of its slot
that a presentation takes, and the part that an item takes where one person speaks or all write."""
QUESTIONS = 3
"""Delegations that ask something after a presentation."""
STARTS_WITHIN = 60
"""Seconds until the copy's server must answer."""
NOTABLE = 5
"""Minutes by which something is late enough to be told."""


@dataclass
class ItemReport:
    """What an item was planned to take and what it took in the rehearsal, in minutes."""

    key: str
    day: int
    planned: int
    needed: int
    late_at_start: int
    delegation: str | None = None


@dataclass
class Report:
    """What came of a rehearsal."""

    items: list[ItemReport] = field(default_factory=list)
    days: list[dict[str, Any]] = field(default_factory=list)
    commands: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    lines_lost: int = 0
    came_back: int = 0
    """Lines that were lost and whose contribution, written meanwhile, arrived exactly once."""
    findings: list[dict[str, Any]] = field(default_factory=list)
    """``{"what", …}`` each: ``overrun``, ``squeezed``, ``day_late``, ``no_head``, ``no_interpreter``, ``refused``, ``lost``."""

    def plain(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)


def rehearse(
    workshop: Workshop,
    speed: float,
    participants: int | None,
    overruns: Mapping[str, int],
    tell: Callable[[str], None],
    seed: int = 0,
) -> Report:
    """Plays the meeting on a copy of it. ``speed``: how many times faster than life; ``participants``: how many take part
    (all when ``None``); ``overruns``: item's key → minutes that it takes beyond what it would."""
    plan = plan_of(workshop)
    with _copy(plan) as (server, links):
        played = _Rehearsal(workshop, plan["slug"], server, links, speed, participants, _chance(seed), tell)
        played.play(overruns)
    return played.report


def plan_of(workshop: Workshop) -> dict[str, Any]:
    """The meeting as it is prepared now, as a plan, without its video call."""
    people = [person for person in workshop.people if person.revoked_at is None]
    codes = {delegation.id: delegation.code for delegation in workshop.delegations}
    keys = {person.id: person.key for person in workshop.people}
    return {
        "format": "facilitation-plan/1",
        "slug": f"rehearsal-{workshop.slug}"[:60].rstrip("-"),
        "title": workshop.title,
        "starts_on": workshop.starts_on.isoformat(),
        "ends_on": workshop.ends_on.isoformat(),
        "timezone": workshop.timezone,
        "languages": workshop.languages,
        "default_language": workshop.default_language,
        "rules": {
            **{name: value for name, value in workshop.rules.items() if name != "floor_order"},
            "moderation": "after",
        },
        "delegations": [
            {"code": each.code, "name": each.name, "languages": each.languages} for each in workshop.delegations
        ],
        "people": [_plain_person(person, codes) for person in people],
        "agenda": [_plain_item(item, codes, keys) for item in workshop.agenda if item.state != "skipped"],
    }


def _plain_person(person: Person, codes: Mapping[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"key": person.key, "name": person.name, "role": person.role, "language": person.language}
    if person.delegation_id is not None:
        found["delegation"] = codes[person.delegation_id]
    if person.is_head:
        found["head_of_delegation"] = True
    if person.interprets:
        found["interprets"] = person.interprets
    return found


def _plain_item(item: AgendaItem, codes: Mapping[int, str], keys: Mapping[int, str]) -> dict[str, Any]:
    found = {
        "key": item.key,
        "day": item.day,
        "start": item.start,
        "minutes": item.minutes,
        "kind": item.kind,
        "title": item.title,
        "speaker": keys.get(item.speaker_id or 0),
        "delegation": codes.get(item.delegation_id or 0),
        "collects": item.collects,
        "works_on": item.works_on,
        "votes_each": item.votes_each,
    }
    return {name: value for name, value in found.items() if value is not None}


@contextmanager
def _copy(plan: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """A server with this meeting alone: its address and a sign-in link for everybody."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        address = f"http://127.0.0.1:{port}"
        own = {"INSTANCE_DIR": folder, "PORT": str(port), "HOST": "127.0.0.1", "BASE_URL": address}
        others = ("DATABASE_URL", "REDIS_URL", "ALLOWED_ORIGINS")
        environment = {name: value for name, value in os.environ.items() if name not in others}
        environment |= own | {"SECRET_KEY": secrets.token_hex(32), "COMMANDS_BURST": "100000"}
        path = Path(folder) / "plan.yaml"
        path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
        _flask(environment, "db", "upgrade")
        _flask(environment, "workshop", "import", str(path))
        told = _flask(environment, "workshop", "links", plan["slug"], "--json")
        links = {row["key"]: row["url"] for row in yaml.safe_load(told)}
        server = subprocess.Popen(
            [sys.executable, "wsgi.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(address, server)
            yield address, links
        finally:
            server.terminate()
            server.wait(timeout=30)


def _chance(seed: int) -> random.Random:
    """Chance that is the same every time: two rehearsals of the same plan find the same."""
    return random.Random(seed)  # noqa: S311 - nothing secret hangs on it


def _flask(environment: dict[str, str], *words: str) -> str:
    """What a command of the command line, on the copy, has to say."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    done = subprocess.run(  # noqa: S603 - nothing in the command comes from outside
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RehearsalFailed(done.stderr[-2000:])
    return done.stdout


class RehearsalFailed(RuntimeError):
    """The copy could not be made; says why."""


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=2).close()  # noqa: S310 - our own server
            return
        except OSError:
            time.sleep(0.1)
    raise RehearsalFailed("the copy's server does not answer")


class _Rehearsal:
    """One run: who takes part, and what they do in each kind of item."""

    def __init__(
        self,
        workshop: Workshop,
        slug: str,
        server: str,
        links: Mapping[str, str],
        speed: float,
        participants: int | None,
        chance: random.Random,
        tell: Callable[[str], None],
    ) -> None:
        self.report = Report()
        self._workshop, self._slug, self._server, self._links = workshop, slug, server, links
        self._speed, self._chance, self._tell = speed, chance, tell
        here = [person for person in workshop.people if person.revoked_at is None]
        writing = [person for person in here if person.role in ("participant", "speaker") and person.delegation_id]
        self._writing = writing if participants is None else _spread(writing, participants)
        self._organiser = next(person for person in here if person.role == "organiser")
        self._players: dict[str, Player] = {}
        self._themes: list[str] = []

    def play(self, overruns: Mapping[str, int]) -> None:
        try:
            self._give(self._organiser, "open_workshop")
            for item in self._workshop.agenda:
                if item.state != "skipped":
                    self._play_item(item, overruns.get(item.key, 0))
            running = [item for item in self._workshop.agenda if item.state != "skipped"]
            self._give(self._organiser, "finish_item", item=running[-1].key)
        finally:
            for player in self._players.values():
                player.leave()
        self._judge()

    def _play_item(self, item: AgendaItem, more: int) -> None:
        self._tell(f"{item.day} {item.start} {item.key}")
        self._give(self._organiser, "start_item", item=item.key)
        minutes = self._happens(item) + more
        needed = max(round(minutes), item.minutes if item.kind in ("lobby", "break") else 1)
        late = self._late_at_start(item)
        code = item.delegation.code if item.delegation is not None else None
        self.report.items.append(ItemReport(item.key, item.day, item.minutes, needed, late, code))
        time.sleep(60 * needed / self._speed)

    def _late_at_start(self, item: AgendaItem) -> int:
        """Minutes after its planned start, with pauses between items taken up first."""
        late = 0
        before: ItemReport | None = None
        for each in self.report.items:
            if each.day == item.day:
                before = each
        if before is not None:
            planned = {other.key: clock.planned_start(self._workshop, other) for other in self._workshop.agenda}
            end = planned[before.key] // 60_000 + before.late_at_start + before.needed
            late = max(0, end - planned[item.key] // 60_000)
        return late

    def _happens(self, item: AgendaItem) -> float:
        """What people do in an item; the minutes that it takes."""
        if item.kind in ("lobby", "break"):
            return float(item.minutes)
        match item.kind:
            case "round" | "discussion":
                return sum(self._word(person, item, "comment", MINUTES["word"]) for person in self._one_each())
            case "presentation":
                asking = [person for person in self._one_each() if person.delegation_id != item.delegation_id]
                talk = MINUTES["presenting"] * item.minutes
                self._lose_a_line(item)
                return talk + sum(
                    self._word(person, item, "question", MINUTES["question"]) for person in asking[:QUESTIONS]
                )
            case "capture":
                for person in self._writing:
                    self._write(person, item, item.collects or "challenge")
                self._lose_a_line(item)
                self._give(self._organiser, "reveal_contributions", item=item.key)
            case "cluster":
                self._theme(item.works_on or "challenge")
            case "vote":
                self._vote(item)
            case "framework":
                self._give(self._organiser, "add_element", title="Rehearsal", sources=self._themes[:1])
            case "agreement":
                return self._agree(item)
        return MINUTES["alone"] * item.minutes

    def _one_each(self) -> list[Person]:
        """One person of each delegation, in a chance order."""
        by_delegation = {person.delegation_id: person for person in reversed(self._writing)}
        found = list(by_delegation.values())
        self._chance.shuffle(found)
        return found

    def _word(self, person: Person, item: AgendaItem, purpose: str, minutes: float) -> float:
        """Somebody raises a hand and gets the floor; how long they have it."""
        asked = self._give(person, "request_floor", item=item.key, purpose=purpose)
        if asked is None:
            return 0.0
        self._give(self._organiser, "give_floor", request=asked["id"])
        self._give(self._organiser, "end_floor", request=asked["id"])
        return minutes * self._chance.uniform(0.8, 1.4)

    def _write(self, person: Person, item: AgendaItem, kind: str) -> None:
        text = f"Rehearsal: {person.key}, {item.key}"
        args = {"item": item.key, "kind": kind, "lang": person.language, "text": text, "anonymity": "named"}
        self._give(person, "add_contribution", **args)

    def _lose_a_line(self, item: AgendaItem) -> None:
        """Somebody's line is cut; what they write meanwhile must arrive once they are back, and only once."""
        if not self._writing:
            return
        person = self._chance.choice(self._writing)
        self.report.lines_lost += 1
        self._player(person).lose_the_line()
        args = {"item": item.key, "kind": item.collects or "challenge", "lang": person.language, "anonymity": "named"}
        back = self._give(person, "add_contribution", text=f"Rehearsal: written without a line, {item.key}", **args)
        if back is not None:
            self.report.came_back += 1

    def _theme(self, kind: str) -> None:
        made = self._give(self._organiser, "add_theme", kind=kind, title="Rehearsal")
        if made is not None:
            self._themes.append(made["id"])

    def _vote(self, item: AgendaItem) -> None:
        kind = item.works_on or "challenge"
        made = self._give(self._organiser, "add_theme", kind=kind, title="Rehearsal")
        for person in self._writing:
            if made is not None and person.role == "participant":
                self._give(person, "cast_votes", item=item.key, votes={made["id"]: 1})

    def _agree(self, item: AgendaItem) -> float:
        made = self._give(
            self._organiser, "draft_conclusion", item=item.key, text="Rehearsal", sources=self._themes[:1]
        )
        if made is None:
            return float(item.minutes)
        self._give(self._organiser, "put_conclusion", conclusion=made["id"])
        heads = [person for person in self._writing if person.is_head]
        for person in heads:
            self._give(person, "take_position", conclusion=made["id"], stance="agree")
        return sum(MINUTES["question"] * self._chance.uniform(0.8, 1.4) for _ in heads)

    def _player(self, person: Person) -> Player:
        if person.key not in self._players:
            self._players[person.key] = Player(self._server, self._slug, self._links[person.key])
        return self._players[person.key]

    def _give(self, person: Person, name: str, /, **args: Any) -> dict[str, Any] | None:
        answer = self._player(person).send(name, args)
        self.report.commands += 1
        if answer["ok"]:
            result: dict[str, Any] = answer["result"]
            return result
        self.report.refused.append({"person": person.key, "command": name, "message": answer["error"]["message"]})
        return None

    def _judge(self) -> None:
        """What would have gone wrong."""
        found = self.report.findings
        for item in self.report.items:
            if item.needed > item.planned:
                found.append({"what": "overrun", "item": item.key, "planned": item.planned, "needed": item.needed})
            if item.delegation and item.late_at_start >= NOTABLE:
                found.append(
                    {"what": "squeezed", "item": item.key, "delegation": item.delegation, "minutes": item.late_at_start}
                )
        for day in sorted({item.day for item in self.report.items}):
            last = [item for item in self.report.items if item.day == day][-1]
            late = last.late_at_start + last.needed - last.planned
            self.report.days.append({"day": day, "late": late})
            if late >= NOTABLE:
                found.append({"what": "day_late", "day": day, "minutes": late})
        found += self._unprepared()
        found += [{"what": "refused", **each} for each in self.report.refused]
        if self.report.came_back < self.report.lines_lost:
            found.append({"what": "lost", "number": self.report.lines_lost - self.report.came_back})

    def _unprepared(self) -> list[dict[str, Any]]:
        """What the people of the meeting cannot do as they are."""
        people = [person for person in self._workshop.people if person.revoked_at is None]
        heads = {person.delegation_id for person in people if person.is_head}
        found: list[dict[str, Any]] = [
            {"what": "no_head", "delegation": each.code} for each in self._workshop.delegations if each.id not in heads
        ]
        spoken = {person.language for person in people if person.role in ("participant", "speaker")}
        interpreted = {tag for person in people for tag in person.interprets}
        missing = sorted(spoken - interpreted - {self._workshop.default_language})
        return found + [{"what": "no_interpreter", "language": tag} for tag in missing]


def _spread(people: list[Person], number: int) -> list[Person]:
    """So many of them, of as many delegations as possible."""
    seen: dict[int | None, int] = {}
    ranked = []
    for person in people:
        rank = seen[person.delegation_id] = seen.get(person.delegation_id, 0) + 1
        ranked.append((rank, person))
    return [person for _, person in sorted(ranked, key=lambda pair: pair[0])[:number]]
