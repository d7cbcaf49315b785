"""Attacks of people who are signed in: pages and commands above their role, things of other meetings, fields they may not set."""

import json
import uuid
from typing import Any

import pytest
from flask import Flask

from facilitation.live.commands import COMMANDS, Command
from facilitation.meeting.acts import capacities_of, may_open
from facilitation.meeting.models import Person, Workshop
from facilitation.record.exports import EXPORTS
from facilitation.web.access import RULES
from tests.attacks.conftest import Audited
from tests.attacks.preparing import CLOSED, FOREIGN, SPARE
from tests.attacks.production import Somebody, Target, patiently
from tests.servers import SLUG

ROLES = {
    "observer": ("observer", False, False),
    "interpreter-mk": ("interpreter", False, False),
    "consultant": ("speaker", False, False),
    "al-2": ("participant", True, False),
    "al-1": ("participant", True, True),
    "rapporteur": ("rapporteur", False, False),
    "facilitator": ("facilitator", False, False),
}
"""Person of the meeting → role, whether of a delegation, whether its head."""


def person(key: str) -> Person:
    """As the application sees them."""
    role, delegate, head = ROLES[key]
    workshop = Workshop(phase="open", rules={})
    return Person(role=role, delegation_id=1 if delegate else None, is_head=head, workshop=workshop)


def routes(app: Flask, target: Target) -> list[tuple[str, str, str]]:
    """Every address that is not for everybody, as its rule has it: method, address, who may open it (see ``PAGES``)."""
    found = []
    made = target.known["ids"][SLUG]
    values = {"slug": SLUG, "key": "al-1", "deck": made["deck"], "page": 1, "format": "json", "document": "minutes"}
    for rule in app.url_map.iter_rules():
        access = RULES.get(rule.endpoint, "public")
        for method in rule.methods - {"HEAD", "OPTIONS"} if access not in ("public", "account") else ():
            with app.test_request_context():
                # A rule with a part that is not known here fails: say above what stands for it.
                _, path = rule.build({name: values[name] for name in rule.arguments})
            found.append((method, path, access))
    found += [
        ("GET", f"/w/{SLUG}/export/{document}.{format}", f"export-{document}")
        for document, formats in EXPORTS.items()
        for format in formats
    ]
    return found


def asked(somebody: Somebody, method: str, path: str) -> int:
    data = {"csrf_token": somebody.token} if method == "POST" else None
    return somebody.ask(method, path, data=data).status_code


@pytest.mark.parametrize("key", ROLES)
def test_no_role_opens_what_is_above_it(app: Flask, target: Target, key: str) -> None:
    above = [each for each in routes(app, target) if not may_open(person(key), each[2])]
    assert len(above) >= 9 or key == "facilitator"
    assert [(asked(target[key], method, path), method, path) for method, path, _ in above] == [
        (403, method, path) for method, path, _ in above
    ]
    assert above


@pytest.mark.parametrize("key", ROLES)
def test_every_role_opens_its_own(app: Flask, target: Target, key: str) -> None:
    """Otherwise the refusals above would prove nothing."""
    own = [each for each in routes(app, target) if may_open(person(key), each[2]) and each[0] == "GET"]
    pages = [path for _, path, _ in own if "/export/" not in path]
    codes = {path: asked(target[key], "GET", path) for path in pages}
    # There is nobody to remind before the minutes are circulated.
    assert len(pages) > 5 and {code for path, code in codes.items() if "reminders" not in path} == {200}


def test_nobody_from_outside_opens_anything(app: Flask, target: Target) -> None:
    stranger, member = target.stranger(), target.of(FOREIGN, "organiser")
    for method, path, _ in routes(app, target):
        assert asked(stranger, method, path) == 401, path
        assert asked(member, method, path) == 401, path
    for path in ("/account/", "/account/second-factor", "/account/example.yaml", "/metrics"):
        assert stranger.get(path).status_code in (401, 404), path
        assert target["organiser"].get(path).status_code in (401, 404), path
    assert target.stranger().get("/metrics", past_nginx=True).status_code == 401


def test_what_facilitators_find_is_hidden_from_others(target: Target) -> None:
    for key in ROLES.keys() - {"facilitator"}:
        found = target[key].get(f"/w/{SLUG}/found?q=img&handle=1&part=1").text
        assert "moderate_contribution" not in found and "redact_contribution" not in found, key


def is_for(key: str, command: Command) -> bool:
    return bool(capacities_of(person(key)).intersection(command.by)) and not command.internal


@pytest.mark.parametrize("key", [*ROLES, "nobody"])
def test_no_role_gives_a_command_that_is_above_it(target: Target, audited: Audited, key: str) -> None:
    """Whatever the phase and the arguments; spread over people of the same role, since one is slowed down after a hundred."""
    role = ROLES[key][0] if key in ROLES else ""
    of_the_same = [each for each, its_role in SPARE.items() if its_role == role] if key != "al-1" else []
    people = [target[each] for each in (key, *of_the_same)] if role else [target.of(FOREIGN, "organiser")]
    tried = [command for command in COMMANDS.values() if not role or not is_for(key, command)]
    for n, command in enumerate(tried):
        answer = people[n * len(people) // len(tried)].send(command.name, {}).json()
        assert answer["error"]["code"] == ("forbidden" if role else "unauthenticated"), (command.name, answer)
        assert answer.keys() == {"ok", "error"}
    assert len(tried) > 20
    if role:
        audited("forbidden", command=tried[0].name)


def sampled(command: Command, ids: dict[str, str]) -> dict[str, Any]:
    """Arguments that look valid."""
    schema = command.schema()
    return {
        name: _sample(name, properties, ids)
        for name, properties in schema.get("properties", {}).items()
        if name in schema.get("required", ())
    }


def _sample(name: str, schema: dict[str, Any], ids: dict[str, str]) -> Any:
    schema = next((each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"), schema)
    if name in KEYS and schema.get("additionalProperties") != {"type": "string"}:
        return _naming(schema, KEYS[name](ids))
    if "enum" in schema:
        return "en" if name == "lang" else schema["enum"][0]
    match schema["type"]:
        case "boolean":
            return True
        case "integer":
            return 1
        case "object":
            return {"en": "words"}
        case "array":
            return []
    return {"start": "18:00", "lang": "en", "language": "en"}.get(name, "words")


def _naming(schema: dict[str, Any], key: str) -> Any:
    schema = next((each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"), schema)
    return {"array": [key], "object": {key: 1}}.get(schema["type"], key)


KEYS = {
    "person": lambda ids: "rs-4",
    "people": lambda ids: "rs-4",
    "speaker": lambda ids: "head",
    "delegation": lambda ids: "AL",
    "code": lambda ids: "AL",
    "on_behalf_of": lambda ids: "AL",
    "item": lambda ids: "agreement",
    "after": lambda ids: "framework",
    "contribution": lambda ids: ids["contribution"],
    "contributions": lambda ids: ids["contribution"],
    "others": lambda ids: ids["contribution"],
    "like": lambda ids: ids["contribution"],
    "into": lambda ids: ids["theme"],
    "theme": lambda ids: ids["theme"],
    "earlier": lambda ids: ids["theme"],
    "votes": lambda ids: ids["theme"],
    "conclusion": lambda ids: ids["conclusion"],
    "correction": lambda ids: ids["correction"],
    "request": lambda ids: ids["request"],
    "element": lambda ids: ids["element"],
    "sources": lambda ids: ids["theme"],
    "programme": lambda ids: ids["programme"],
    "principle": lambda ids: ids["principle"],
    "footnote": lambda ids: "kosovo",
    "subject": lambda ids: ids["contribution"],
    "paragraph": lambda ids: "1",
    "meeting": lambda ids: CLOSED,
}
"""Arguments that name a thing: what may stand there."""
MADE = ("contribution", "contributions", "others", "like", "into", "theme", "earlier", "votes", "conclusion", "correction",
        "request", "element", "sources", "principle", "subject")  # fmt: skip
"""Those of them that name a thing which people have made, so that another meeting has others."""


def of_the_phase(command: Command) -> str:
    """A meeting in a phase in which the command may be given."""
    return SLUG if "open" in command.during else CLOSED


def giver(target: Target, command: Command) -> Somebody:
    """Somebody whose role allows it."""
    slug = of_the_phase(command)
    found = next(key for key in ("al-1", "interpreter-mk", "observer", *ROLES, "organiser")
                 if key == "organiser" or is_for(key, command))  # fmt: skip
    return target.of(slug, found)


A_CARD = ("streams", "entries", "receipts", "contributions", "people", "delegations", "steps", "windows")
"""The tables that a new contribution leaves rows in."""
EXTRA = {"id": 1, "workshop_id": 2, "actor_id": 1, "author_id": 1, "state": "shown", "version_": 9, "seq": 1, "role": "organiser",
         "is_head": True, "__proto__": {"admin": True}, "constructor": {"prototype": {}}, "__class__": "x",
         "made_at": 0, "phase": "open", "act": {}, "self": {}, "csrf_token": "x"}  # fmt: skip


def test_no_command_takes_a_field_that_it_does_not_have(target: Target, audited: Audited) -> None:
    """Fields of tables, of objects, of scripts; each command, each with one of them more than it takes."""
    tried = 0
    for n, command in enumerate(COMMANDS.values()):
        assert command.schema()["additionalProperties"] is False, command.name
        if command.internal or not {"open", "closed"}.intersection(command.during):
            continue
        slug, somebody = of_the_phase(command), giver(target, command)
        own = command.schema().get("properties", {})
        field, value = list(EXTRA.items())[n % len(EXTRA)]
        if field in own:
            field, value = "workshop_id", 2
        args = {**sampled(command, target.known["ids"][CLOSED]), field: value}
        answer = somebody.send(command.name, args, slug=slug).json()
        assert answer["error"]["code"] == "invalid" and answer["error"]["field"] == field, (command.name, answer)
        tried += 1
    assert tried > 80
    audited("invalid")


def test_what_another_meeting_has_is_not_there(target: Target) -> None:
    """For each argument that names a thing: one of another meeting is answered as one that there never was."""
    foreign, tried = target.known["ids"][FOREIGN], 0
    for command in COMMANDS.values():
        named = [name for name in command.schema().get("properties", {}) if name in MADE]
        if command.internal or not {"open", "closed"}.intersection(command.during):
            continue
        slug, somebody = of_the_phase(command), giver(target, command)
        own = target.known["ids"][slug]
        for name in named:
            answers = []
            for key in (KEYS[name](foreign), uuid.uuid4().hex[:12]):
                args = {**sampled(command, own), name: _naming(command.schema()["properties"][name], key)}
                answer = somebody.send(command.name, args, slug=slug).json()
                assert not answer["ok"], (command.name, name, answer)
                answers.append(json.dumps(answer["error"], sort_keys=True).replace(key, "…"))
            assert answers[0] == answers[1], (command.name, name, answers)
            # Votes are looked at when the vote is on.
            code = "not_now" if command.name == "cast_votes" else "not_found"
            assert f'"code": "{code}"' in answers[0], (command.name, name, answers)
            tried += 1
    assert tried > 40


@pytest.mark.parametrize("name", ["person", "speaker", "delegation", "item"])
def test_a_key_that_this_meeting_does_not_have_is_not_found(target: Target, name: str) -> None:
    """Keys are of a meeting's own plan: the open meeting has people and items that the others do not, and the other way round."""
    key = {"person": "observer-8", "speaker": "observer-8", "delegation": "QQ", "item": "no-such-item"}[name]
    for command in COMMANDS.values():
        if name not in command.schema().get("properties", {}) or command.internal or "closed" not in command.during:
            continue
        args = {**sampled(command, target.known["ids"][CLOSED]), name: key}
        code = target.of(CLOSED, "organiser").refused(command.name, args, CLOSED)
        assert code in ("not_found", "forbidden", "invalid"), command.name


@pytest.mark.changes(*A_CARD)
@pytest.mark.parametrize("first_by", ["http", "socket"])
def test_a_stolen_command_id_tells_nothing_and_does_nothing(target: Target, first_by: str) -> None:
    card = {
        "item": "presentation-al",
        "kind": "challenge",
        "lang": "en",
        "anonymity": "delegation",
        "text": "Said once.",
    }
    stolen = str(uuid.uuid4())

    def give(key: str, by: str, name: str = "add_contribution", args: Any = card, id: str = stolen) -> Any:
        if by == "http":
            return target[key].send(name, args, id).json()
        with target[key].line() as line:
            assert patiently(line.join)["ok"]
            return patiently(lambda: line.command(id, name, args))

    first = give("al-1", first_by)
    assert first["ok"]
    kept = target.server.stored()
    for by in ("http", "socket"):
        assert give("al-1", by) == first
        assert give("al-1", by, id=stolen.upper()) == first
        for key in ("al-2", "ba-1", "facilitator"):
            answer = give(key, by)
            assert answer["error"]["code"] == "conflict" and first["result"]["id"] not in json.dumps(answer)
        assert give("al-1", by, args={**card, "text": "Said otherwise."})["error"]["code"] == "conflict"
        assert give("al-1", by, "endorse", {"contribution": first["result"]["id"]})["error"]["code"] == "conflict"
        for bad in (
            "",
            "1",
            "not-a-uuid",
            "g" * 36,
            stolen + "x",
            f"{{{stolen}}}",
            stolen.replace("-", ""),
            1,
            None,
            {},
        ):
            assert give("al-1", by, id=bad or "-")["error"]["code"] == "invalid"  # type: ignore[arg-type]
    assert target.server.stored() == kept
