"""Those who mean harm, and what they attack: the server as production has it (see ``production``), full of hostile text (see
``preparing``).

The suite attacks two installations, in which each of eventlet and threading, SQLite and PostgreSQL is there once; ``make
attacks`` (``ATTACKS=all``) attacks all four of them with whatever touches the database or the server's loop (signing in,
commands, sockets, floods, erasing, accounts). What is marked ``alike`` runs on two even then: pages, files and pictures are
made, and addresses and headers are read, by the same lines whatever is beneath.
What they begin with is made once for the whole suite; each of its processes then has a copy and a server of its own for each
of the four, so that what one attack does to its target disturbs no other.

After every attack the server answers, has logged no fault, kept within its memory and changed no row of any table, unless the
test says with ``changes`` which tables it may add harmless rows to.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.attacks import preparing
from tests.attacks.production import Production, Target
from tests.engines import PostgreSQL

MOST_MEMORY = 400
"""Megabytes that the server may have in use, whatever is done to it."""
EACH_ONCE = [("eventlet", "sqlite"), ("threading", "postgresql")]
EACH_WITH_EACH = [*EACH_ONCE, ("eventlet", "postgresql"), ("threading", "sqlite")]
ATTACKED = EACH_WITH_EACH if os.environ.get("ATTACKS") == "all" else EACH_ONCE
"""Modes and engines: in the suite each of both, in two installations; ``make attacks`` takes all four."""
AUDITED = ("a command was refused",)
"""What the log says of a refusal: the beginnings of such lines."""


def pytest_configure(config: pytest.Config) -> None:
    """Says what the markers are."""
    config.addinivalue_line(
        "markers", "alike: the same lines of ours on every engine and in both modes, so two of four suffice"
    )
    config.addinivalue_line("markers", "changes(*tables): the attack may leave rows in these tables, harmless ones")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves what is ``alike`` to two of the four."""
    left_out = [
        item
        for item in items
        if item.get_closest_marker("alike")
        and getattr(item, "callspec", None)
        and item.callspec.params.get("target") in (("eventlet", "postgresql"), ("threading", "sqlite"))
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def prepared_instance(app: Flask, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the instance that is attacked, and beside it what is known of it and a backup; made by whoever is first."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "attacks"
    with (shared.parent / "attacks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            shared.mkdir()
            known = preparing.prepare(shared / "instance")
            (shared / "known.json").write_text(json.dumps(known))
    return shared


@pytest.fixture(scope="session", params=ATTACKED, ids="-".join)
def target(
    request: pytest.FixtureRequest, prepared_instance: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """A running installation; every test leaves it as it was, or adds something harmless."""
    mode, engine = request.param
    folder = tmp_path_factory.mktemp("attacked") / "instance"
    if engine == "postgresql":
        postgresql: PostgreSQL = request.getfixturevalue("postgresql")
        server = Production(
            folder, mode=mode, database_url=postgresql.new_database(f"attacked_{mode}_{time.monotonic_ns()}")
        )
        server.flask("restore", str(prepared_instance / "backup"))
    else:
        shutil.copytree(prepared_instance / "instance", folder)
        server = Production(folder, mode=mode)
    server.start()
    yield Target(server, json.loads((prepared_instance / "known.json").read_text()))
    server.kill()


@pytest.fixture(autouse=True)
def _unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every attack: the server answers, has not failed in any way, its memory is bounded, and what it keeps is the same."""
    if "target" not in request.fixturenames:
        yield
        return
    target: Target = request.getfixturevalue("target")
    marker = request.node.get_closest_marker("changes")
    may_change, before = marker.args if marker else (), target.as_left or target.server.stored()
    said = target.server.log.stat().st_size
    yield
    assert target.stranger().get("/readyz").status_code == 200
    # The socket library calls it an error that somebody of a foreign origin comes.
    told = [line for line in target.server.told(said) if line["logger"] != "engineio.server"]
    assert not [line for line in told if line["level"] == "error" or "fault" in line]
    assert "Traceback" not in target.server.log.read_bytes()[said:].decode()
    assert target.server.memory < MOST_MEMORY
    after = target.server.stored()
    target.as_left = after
    assert after.keys() == before.keys()
    assert not {
        table: (set(after[table]) - set(before[table]), set(before[table]) - set(after[table]))
        for table in after
        if after[table] != before[table] and table not in may_change
    }


Audited = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def audited(target: Target) -> Audited:
    """Holds that since the test began the log has a line for a refusal with this code, and what else is said of it: which."""
    said = target.server.log.stat().st_size

    def found(code: str, **facts: Any) -> list[dict[str, Any]]:
        lines = [line for line in target.server.told(said) if line["message"].startswith(AUDITED)]
        wanted = [line for line in lines if line.get("code") == code and facts.items() <= line.items()]
        assert wanted, (code, facts, lines)
        assert all(line["request"] for line in wanted)
        return wanted

    return found
