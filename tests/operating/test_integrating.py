"""What integrators are given: a client that works, and a list of commands that is true."""

import importlib.util
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
import yaml
from flask import Flask
from jsonschema import Draft202012Validator

from facilitation.config import REFERENCE_PLAN, ROOT
from facilitation.extensions import socketio
from facilitation.web import door
from tests.conftest import Meeting
from tests.servers import SCRIPT, SLUG, Server

CLIENT = ROOT / "docs" / "client"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CLIENT / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "instance")
    made.prepare()
    made.start()
    yield made
    made.kill()


def test_the_client_takes_part_in_a_meeting(server: Server) -> None:
    client, links = loaded("client"), server.links()
    organiser, ben = client.Meeting(links["organiser"], view="console"), client.Meeting(links["al-1"])
    try:
        organiser.command("open_workshop")
        organiser.command("start_item", item="presentation-al")
        seen = threading.Event()

        def look(changed: set[str]) -> None:
            if any("We are too few." in ben.regions.get(dom_id, "") for dom_id in changed):
                seen.set()

        ben.on_change = look
        said = {"item": "presentation-al", "kind": "challenge", "lang": "en", "text": "We are too few."}
        made = ben.command("add_contribution", **said, anonymity="delegation")["id"]
        assert seen.wait(10) and f"card-{made}" in ben.regions
        with pytest.raises(client.Refused) as refused:
            ben.command("close_workshop")
        assert refused.value.code == "forbidden"
        command = [sys.executable, str(CLIENT / "client.py"), links["ba-1"], "From the command line"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        texts = {each["id"]: each["text"] for each in organiser.state()["contributions"]}
        assert texts[done.stdout.strip()] == "From the command line" and ben.slug == SLUG
    finally:
        organiser.leave()
        ben.leave()


def test_a_link_that_opens_nothing_is_said_to(server: Server) -> None:
    with pytest.raises(ValueError, match="opens nothing"):
        loaded("client").Meeting(f"{server.url}/join/no-such-link")


def test_the_list_of_commands_is_that_of_the_code(app: Flask) -> None:
    told = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert told == loaded("list_commands").commands_page(), "run `make docs`"


def test_the_page_of_formats_is_that_of_the_code(app: Flask) -> None:
    told = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert told == loaded("list_formats").formats_page(), "run `make docs`"


def schema_of(app: Flask, name: str) -> Any:
    answer = app.test_client().get(f"/schemas/{name}.json")
    assert answer.status_code == 200, name
    return answer.get_json()


def closed(schema: Any) -> Any:
    """The schema, with nothing allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if schema.get("properties") and "additionalProperties" not in schema else {}
    return {**{name: closed(inner) for name, inner in schema.items()}, **more}


def test_every_schema_is_one(app: Flask) -> None:
    for name in ("plan-1", "script-1", "state-1", "document-1", "commands-1"):
        Draft202012Validator.check_schema(schema_of(app, name))
    assert app.test_client().get("/schemas/nothing-1.json").status_code == 404


@pytest.mark.parametrize("key", ["organiser", "facilitator", "al-1", "observer"])
def test_the_state_of_a_whole_meeting_is_as_its_schema_says_and_has_nothing_that_it_does_not_say(
    app: Flask, played: Meeting, key: str
) -> None:
    Draft202012Validator(closed(schema_of(app, "state-1"))).validate(played.as_(key).state())


def test_the_reference_plan_and_script_are_as_their_schemas_say(app: Flask) -> None:
    plan = yaml.load(REFERENCE_PLAN.read_text(encoding="utf-8"), WithoutTimes)
    Draft202012Validator(schema_of(app, "plan-1")).validate(plan)
    script = yaml.safe_load(SCRIPT.read_text(encoding="utf-8"))
    Draft202012Validator(schema_of(app, "script-1")).validate(script)


class WithoutTimes(yaml.SafeLoader):
    """Reads what looks like a time or a date as the text that it is, as a plan's reader does."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:bool"]
        + [(tag, re.compile("^[0-9]+$")) for tag, _ in resolvers if tag == "tag:yaml.org,2002:int"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def test_a_plan_that_is_wrong_is_wrong_by_its_schema_too(app: Flask) -> None:
    plan = yaml.load(REFERENCE_PLAN.read_text(encoding="utf-8"), WithoutTimes)
    validator = Draft202012Validator(schema_of(app, "plan-1"))
    for spoilt in (
        {**plan, "colour": "red"},
        {name: value for name, value in plan.items() if name != "timezone"},
        {**plan, "agenda": [{**plan["agenda"][0], "kind": "party"}]},
        {**plan, "people": [{**plan["people"][0], "key": "Not a key"}]},
    ):
        assert not validator.is_valid(spoilt)


def test_what_is_said_over_a_socket_is_as_the_schemas_say(app: Flask, meeting: Meeting) -> None:
    messages = closed(schema_of(app, "messages-1"))

    def is_right(side: str, event: str, part: str, said: Any) -> None:
        Draft202012Validator(messages[side][event][part]).validate(said)

    def ask(socket: Any, event: str, message: Any) -> Any:
        is_right("asked", event, "sends", message)
        answer = socket.emit(event, message, callback=True)
        is_right("asked", event, "answer", answer)
        return answer

    said = {"item": "welcome", "kind": "challenge", "lang": "en", "text": "Too few.", "anonymity": "delegation"}
    console, room = (
        socketio.test_client(app, flask_test_client=meeting.as_(key).client) for key in ("facilitator", "al-1")
    )
    ask(console, "join", {"workshop": meeting.slug, "view": "console", "lang": "mk"})
    ask(room, "join", {"workshop": meeting.slug})
    ask(room, "join", {"workshop": "there is none"})
    ask(room, "join", {"workshop": meeting.slug, "since": 1})
    for socket, name, args in (
        (console, "start_item", {"item": "welcome"}),
        (room, "add_contribution", said),
        (room, "add_contribution", {**said, "text": ""}),
        (room, "start_item", {"item": "welcome"}),
    ):
        ask(socket, "command", {"id": str(uuid.uuid4()), "name": name, "args": args})
    ask(room, "catch_up", {"since": 0})
    for signal in ({"kind": "seen", "seq": 1}, {"kind": "help"}, {"kind": "practice", "text": "One, two"}):
        is_right("asked", "signal", "sends", signal)
        room.emit("signal", signal)
    meeting.look_around()
    told = [event for socket in (console, room) for event in socket.get_received()]
    assert {event["name"] for event in told} == {"patch", "signal"}
    for event in told:
        is_right("told", event["name"], "sends", event["args"][0])


def test_every_event_that_the_server_hears_and_every_code_that_it_refuses_with_is_described(app: Flask) -> None:
    messages = schema_of(app, "messages-1")
    heard = set(socketio.server.handlers["/"]) - {"connect", "disconnect", "*"}
    assert heard == set(messages["asked"])
    why = messages["asked"]["command"]["answer"]["$defs"]["Why"]
    assert set(why["properties"]["code"]["enum"]) == set(door.STATUS)
