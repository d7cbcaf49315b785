"""Instances beside the one that the suite stands on."""

from collections.abc import Iterator

import pytest
from flask import Flask

from facilitation.extensions import socketio
from facilitation.live import broadcast, commands


@pytest.fixture(autouse=True)
def _several_instances(app: Flask) -> Iterator[None]:
    """A process serves one instance, whose sockets it has and of which it knows things by their numbers. Here several follow
    one another; the suite's own is put back."""
    own = dict(vars(socketio))
    _forget()
    yield
    _forget()
    vars(socketio).clear()
    vars(socketio).update(own)


def _forget() -> None:
    commands._writers.clear()
    broadcast.channels.clear()
