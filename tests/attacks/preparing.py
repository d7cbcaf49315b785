"""What every attacked installation begins with: four meetings full of hostile text, and people of all roles signed in to them.

Prepared once for the whole suite, by commands and forms, on SQLite; PostgreSQL gets it from a backup.
"""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from facilitation.config import REFERENCE_PLAN
from facilitation.live.commands import COMMANDS, Command
from tests.attacks.production import Production, Somebody, enter
from tests.servers import SLUG, Server

CLOSED, FOREIGN, PUBLISHED = "wb-closed", "wb-foreign", "wb-published"
"""The minutes of the first two are with the delegations; ``SLUG`` is open."""
SLUGS = (PUBLISHED, SLUG, CLOSED, FOREIGN)
SPARE = {f"{role}-{n}": role for role in ("observer", "interpreter", "rapporteur", "facilitator", "participant")
         for n in (8, 9)}  # fmt: skip
"""People of the open meeting that every attack may wear out: key → role."""
ACCOUNTS = {"plain@example.org": "a very long password", "guarded@example.org": "another long password"}
HOSTILE = (
    "<img src=x onerror=alert(1)>\"'{{{{7654321*3}}}} javascript:alert(1) ]]><!--\r\n"
    "END:VEVENT\r\nATTACH:file:///etc/passwd [{}]"
)
COMPUTED = "22962963"
"""What stands on a page if a template carries out the hostile text."""


def texts_of(command: Command) -> list[str]:
    """The arguments of a command that hold words which people write."""
    properties = command.schema().get("properties", {})
    return [name for name, schema in properties.items() if _holds_words(schema)]


def _holds_words(schema: dict[str, Any]) -> bool:
    """Whether it is a long text, or texts by language, for which one text may stand too."""
    kinds = list(_kinds(schema))
    return any(kind.get("maxLength") == 5000 for kind in kinds) or {"object", "string"} <= {
        str(kind.get("type")) for kind in kinds
    }


def _kinds(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in schema.get("anyOf", [schema]):
        yield from _kinds(kind) if "anyOf" in kind else [kind]


@dataclass
class Author:
    """Fills a meeting: every command with words in it, each with a hostile text, by people who may."""

    server: Production
    slug: str
    links: dict[str, str]
    people: dict[str, Somebody] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """Kind of thing → the id of one."""
    said: int = 0
    given: set[str] = field(default_factory=set)
    """The commands that were given."""

    def __getitem__(self, key: str) -> Somebody:
        if key not in self.people:
            self.people[key] = enter(Somebody(self.server, key, past_nginx=True), self.links[key])
        return self.people[key]

    def words(self) -> str:
        """The next hostile text."""
        self.said += 1
        return HOSTILE.format(self.said)

    def do(self, key: str, command: str, /, **args: Any) -> Any:
        """Gives a command with hostile words wherever it takes words."""
        args = {argument: self.words() for argument in texts_of(COMMANDS[command])} | args
        self.given.add(command)
        return self[key].do(command, self.slug, **args).get("id", "")

    def prepares(self) -> None:
        """Before the meeting."""
        self.do("organiser", "describe_workshop")
        self.ids["principle"] = self.do("organiser", "add_principle") or "human-rights"
        self.do("organiser", "edit_principle", principle="human-rights")
        self.do("organiser", "write_footnote", footnote="kosovo")
        self.do("organiser", "add_delegation", code="ZZ")
        self.do("organiser", "edit_delegation", code="RS")
        self.do("organiser", "add_item", kind="discussion", day=1, start="18:00", minutes=10)
        self.do("organiser", "edit_item", item="closing", day=2, start="17:00", minutes=10)
        self.do("facilitator", "add_person", role="observer", language="en")
        self.do("organiser", "edit_person", person="rs-5", role="participant", language="en", delegation="RS")
        self.do("al-1", "add_programme", status="in_use")
        self.ids["programme"] = "al-programme-1"
        self.do("al-1", "edit_programme", programme="al-programme-1")

    def meets(self) -> None:
        """While it is open."""
        self.do("organiser", "open_workshop")
        self.do("facilitator", "skip_item", item="lobby-1")
        self.do("facilitator", "announce")
        self.do("rapporteur", "write_note", item="welcome", lang="en")
        self.do("facilitator", "start_item", item="presentation-al")
        self._shows_slides()
        card = {"item": "presentation-al", "kind": "challenge", "lang": "en", "anonymity": "named"}
        first, second, third = (self.do(key, "add_contribution", **card) for key in ("al-1", "ba-1", "rs-1"))
        self.do("al-1", "add_contribution", **card | {"programme": "al-programme-1"})
        self.do("al-1", "edit_contribution", contribution=first, version=1)
        self.do("interpreter-mk", "translate", subject=first, lang="mk")
        self.do("facilitator", "moderate_contribution", contribution=second, decision="show")
        self.do("facilitator", "redact_contribution", contribution=third)
        theme = self.do("facilitator", "add_theme", kind="challenge", contributions=[first, second])
        self.do("facilitator", "rename_theme", theme=theme)
        self.do("facilitator", "split_theme", theme=theme, contributions=[second])
        conclusion = self.do("facilitator", "draft_conclusion", item="agreement", sources=[theme])
        self.do("facilitator", "reword_conclusion", conclusion=conclusion)
        self.do("facilitator", "put_conclusion", conclusion=conclusion)
        self.do("al-2", "advise_position", conclusion=conclusion, stance="object", lang="en")
        self.do("al-1", "take_position", conclusion=conclusion, stance="reserve", lang="en")
        element = self.do("rapporteur", "add_element", sources=[theme])
        self.do("rapporteur", "edit_element", element=element)
        request = self.do("ba-1", "request_floor", item="presentation-al", purpose="comment")
        self.ids |= {"contribution": first, "theme": theme, "conclusion": conclusion, "element": element,
                     "request": request, "admission": self._waits_at_the_door()}  # fmt: skip
        if self.slug == PUBLISHED:
            return
        self.do("organiser", "follow_meeting", meeting=PUBLISHED)
        self.ids["fate"] = self.do(
            "rapporteur", "tell_fate", conclusion=self.ids["earlier"], state="dropped", lang="en"
        )

    def _shows_slides(self) -> None:
        form = {"csrf_token": self["al-1"].token, "item": "presentation-al"}
        files = {"file": ("x.pdf", pdf([self.words().replace("\r\n", " ")]), "application/pdf")}
        answer = (
            self["al-1"]
            .ask("POST", f"/w/{self.slug}/slides", data=form, files=files, headers={"Accept": "application/json"})
            .json()
        )
        assert answer["ok"], answer
        self.ids["deck"] = answer["result"]["id"]

    def _waits_at_the_door(self) -> str:
        """Somebody who came by the code."""
        somebody = Somebody(self.server, past_nginx=True)
        console = self["facilitator"].get(f"/w/{self.slug}/console").text
        code = self.ids["code"] = re.search(r"Code of the meeting: (\w+)", console)[1]  # type: ignore[index]
        led = somebody.ask("POST", "/code", data={"csrf_token": somebody.token, "code": code}).headers["Location"]
        form = {"csrf_token": somebody.token, "name": self.words().replace("\r\n", " ")[:180], "language": "en"}
        answer = somebody.ask("POST", led, data=form)
        assert answer.status_code == 303, answer.text
        page = self["facilitator"].get(f"/w/{self.slug}/console").text
        return re.search(r'id="admit-delegation-([0-9a-f]{12})"', page)[1]  # type: ignore[index]

    def ends(self) -> None:
        """The meeting is over; its minutes are with the delegations."""
        self.do("facilitator", "finish_item", item="presentation-al")
        self.do("organiser", "close_workshop")
        self.do("organiser", "reopen_workshop")
        self.do("organiser", "close_workshop")
        self.do("rapporteur", "draft_minutes")
        self.do("rapporteur", "edit_minutes", paragraph="1", lang="en", version=0)
        self.do("rapporteur", "circulate_minutes")
        first, second = (self.do("al-1", "propose_correction", paragraph="1", lang="en") for _ in "12")
        self.do("rapporteur", "resolve_correction", correction=first, decision="reject")
        self.do("ba-1", "sign_minutes")
        self.do("ba-1", "withdraw_signature")
        self.ids["correction"] = second

    def is_published(self) -> None:
        """Its record, too, and once more after it was withdrawn."""
        self.do("rapporteur", "resolve_correction", correction=self.ids["correction"], decision="accept")
        self.do("organiser", "adopt_minutes")
        self.do("organiser", "correct_record", paragraph="held", lang="en")
        for _ in "12":
            self.do("organiser", "publish_record")
            self.do("organiser", "withdraw_record")
        self.do("organiser", "publish_record")


@dataclass
class Preparing(Production):
    """The server without limits."""

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told."""
        return {**super().environment, "COMMANDS_BURST": "1000000"}

    @property
    def command(self) -> list[str]:
        """How it is started."""
        return Server.command.fget(self)  # type: ignore[attr-defined, no-any-return]

    def start(self) -> None:
        """Starts the process alone."""
        Server.start(self)


def prepare(folder: Path) -> dict[str, Any]:
    """Makes the instance, and a ``backup`` beside it; what is known of it: links, ids and sessions, by meeting."""
    server = Preparing(folder)
    links = _found(server)
    server.start()
    try:
        authors = {slug: Author(server, slug, links[slug]) for slug in SLUGS}
        for author in authors.values():
            author.ids["earlier"] = authors[PUBLISHED].ids.get("conclusion", "")
            _fill(author)
        known = {
            "links": links,
            "ids": {slug: author.ids for slug, author in authors.items()},
            "given": sorted(set().union(*(author.given for author in authors.values()))),
            "sessions": {slug: _sessions(author) for slug, author in authors.items()},
        }
        server.flask("backup", str(folder.with_name("backup")))
    finally:
        server.kill()
    return known


def _found(server: Production) -> dict[str, dict[str, str]]:
    """Makes the meetings and the accounts; meeting → person → link."""
    plan, lines = yaml.safe_load(REFERENCE_PLAN.read_text(encoding="utf-8")), [["prepare"]]
    for slug in set(SLUGS) - {SLUG}:
        file = server.folder.with_name(f"{slug}.plan.yaml")
        file.write_text(yaml.safe_dump({**plan, "slug": slug}, allow_unicode=True), encoding="utf-8")
        lines.append(["workshop", "import", str(file)])
    for email, password in ACCOUNTS.items():
        lines.append(["user", "create", email, "--password", password])
    lines += [["workshop", "links", slug, "--json"] for slug in SLUGS]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.attacks.founding"],
        cwd=server.source, env=server.environment, input=json.dumps(lines), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)[-len(SLUGS) :]
    return {slug: {row["key"]: row["url"] for row in rows} for slug, rows in zip(SLUGS, found, strict=True)}


def _fill(author: Author) -> None:
    author.prepares()
    author.meets()
    if author.slug != SLUG:
        author.ends()
    if author.slug == PUBLISHED:
        author.is_published()
    if author.slug == SLUG:
        for key, role in SPARE.items():
            more = {"delegation": "ZZ"} if role == "participant" else {}
            more |= {"interprets": ["en", "mk"]} if role == "interpreter" else {}
            made = author["facilitator" if role != "facilitator" else "organiser"].do(
                "add_person", name=key, role=role, language="en", key=key, **more
            )
            author.links[key] = made["url"]


def _sessions(author: Author) -> dict[str, str]:
    """Everybody signed in, and noted as there: key → session."""
    for key in author.links:
        if author.slug == SLUG and key not in ("al-3", "rs-1", "xk-5"):
            with author[key].line(past_nginx=True) as line:
                assert line.ask("join", {"workshop": author.slug})["ok"]
        elif author.slug != SLUG and key in ("organiser", "facilitator", "rapporteur", "interpreter-mk", "observer"):
            assert author[key]
    return {key: str(next(iter(each.browser.cookies)).value) for key, each in author.people.items()}


def pdf(pages: list[str], box: str = "0 0 640 360", more: bytes = b"") -> bytes:
    """A PDF with these texts, one a page, written by hand."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for n, text in enumerate(pages):
        escaped = re.sub(r"([\\()])", r"\\\1", text)
        drawn = f"BT /F1 12 Tf 20 300 Td ({escaped}) Tj ET"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents {5 + 2 * n} 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
        )
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    return as_pdf([each.encode("latin-1") for each in objects], more)


def as_pdf(objects: list[bytes], more: bytes = b"") -> bytes:
    """A PDF of these objects, the first of them its catalogue."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n" + more)
    for n, each in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (n, each))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()
