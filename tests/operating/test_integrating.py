"""What integrators are given: a client that works, and a list of commands that is true."""

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask

from facilitation.config import ROOT
from tests.servers import SLUG, Server

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
