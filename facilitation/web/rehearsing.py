"""The rehearsal from the browser: started with a button, carried out by a process of its own, read when it is done."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from facilitation.config import ROOT
from facilitation.extensions import csrf
from facilitation.meeting.acts import capacities_of, may_open
from facilitation.meeting.models import Person, Workshop
from facilitation.web.access import route
from facilitation.web.language import reader_language

pages = Blueprint("rehearsing", __name__)

GIVEN_UP_AFTER = 15 * 60
"""Seconds after which a rehearsal that has not ended is not waited for any more."""

_started: list[subprocess.Popen[bytes]] = []
"""To be asked whether they have ended, so that they leave no zombie."""


def _report(slug: str) -> Path:
    folder: Path = current_app.config["SETTINGS"].instance_dir / "rehearsals"
    folder.mkdir(exist_ok=True)
    return folder / f"{slug}.json"


def _is_running(report: Path) -> bool:
    _started[:] = [process for process in _started if process.poll() is None]
    running = report.with_suffix(".running")
    return running.exists() and time.time() - running.stat().st_mtime < GIVEN_UP_AFTER


@route(pages, "/w/<slug>/rehearsal", "console")
def rehearsal(workshop: Workshop, me: Person) -> str:
    """The last rehearsal's report, and the button for another one."""
    report = _report(workshop.slug)
    found: dict[str, Any] | None = json.loads(report.read_text()) if report.exists() else None
    return render_template(
        "pages/rehearsal.html",
        meeting=workshop,
        me=me,
        view="rehearsal",
        capacities=capacities_of(me),
        may_open=lambda page: may_open(me, page),
        lang=reader_language(),
        report=found,
        running=_is_running(report),
        items={item.key: item for item in workshop.agenda},
    )


@route(pages, "/w/<slug>/rehearsal", "console", costs="costly", methods=["POST"])
def start_rehearsal(workshop: Workshop, me: Person) -> Response | AnyResponse:
    """Starts one, unless one is on, or the meeting itself is."""
    csrf.protect()
    report = _report(workshop.slug)
    if workshop.phase == "prepared" and not _is_running(report):
        report.with_suffix(".running").touch()
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "workshop", "rehearse", workshop.slug]
        process = subprocess.Popen(  # noqa: S603 - the slug is one of ours
            [*command, "--output", str(report)],
            cwd=ROOT,
            env=os.environ | {"INSTANCE_DIR": str(report.parent.parent)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _started.append(process)
    return redirect(url_for("rehearsing.rehearsal", slug=workshop.slug), code=303)
