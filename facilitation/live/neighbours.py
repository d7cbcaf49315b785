"""The other processes of one installation: what they are told at once, through Redis, of what happens here.

Nothing rests on it. A change that no neighbour hears of is found in the journal a second later; so Redis may stop and come
back, and nobody waits for it: what is to be told stands in a short queue that a task of its own works off.
"""

import json
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import redis
from flask import Flask

from facilitation.extensions import socketio

log = logging.getLogger(__name__)

TOPIC = "facilitation"
MOST_UNTOLD = 1000
"""Messages that wait while Redis is away; older ones are forgotten."""
TRY_AGAIN = 1.0
"""Seconds between two attempts to reach Redis."""
PATIENCE = 5.0
"""Seconds that Redis has to answer."""
OWN_NAME = secrets.token_hex(8)
"""What this process signs with; made anew in every process by ``start``."""

_untold: deque[str] = deque(maxlen=MOST_UNTOLD)
_something = threading.Event()
_heard: dict[str, Callable[..., None]] = {}
_started = False


def heard(kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function what is done when a neighbour tells of this kind of thing; called with the values that it was told with,
    and ``process``, the neighbour's name, in the application's context."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _heard[kind] = function
        return function

    return register


def tell(kind: str, **values: Any) -> None:
    """Tells all neighbours; at once, and without waiting for anything. ``values``: plain JSON values."""
    if _started:
        _untold.append(json.dumps({"kind": kind, "process": OWN_NAME, **values}))
        _something.set()


def are_there() -> bool:
    """Whether this process has been told how to reach neighbours."""
    return _started


def start(app: Flask) -> None:
    """Begins to tell and to listen, where the settings name a Redis. To be called once in every process that serves."""
    global _started, OWN_NAME
    url = app.config["SETTINGS"].redis_url
    if url is None or _started:
        return
    _started, OWN_NAME = True, secrets.token_hex(8)
    socketio.start_background_task(_keep_telling, url)
    socketio.start_background_task(_keep_listening, app, url)


def _reach(url: str, **options: Any) -> Any:
    return redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, **options)


def _keep_telling(url: str) -> None:
    reached = _reach(url, socket_timeout=PATIENCE)
    while True:
        _something.wait()
        _something.clear()
        while _untold:
            message = _untold[0]
            try:
                reached.publish(TOPIC, message)
            except redis.RedisError:
                # The oldest are forgotten meanwhile; the journal knows what they said.
                socketio.sleep(TRY_AGAIN)
                continue
            if _untold and _untold[0] is message:
                _untold.popleft()


def _keep_listening(app: Flask, url: str) -> None:
    away = False
    while True:
        try:
            listening = _reach(url, health_check_interval=10).pubsub(ignore_subscribe_messages=True)
            listening.subscribe(TOPIC)
            if away:
                log.info("neighbours can be heard again")
                away = False
            for message in listening.listen():
                _take(app, message["data"])
        except redis.RedisError as error:
            if not away:
                log.warning("neighbours cannot be heard: %s", type(error).__name__)
                away = True
        socketio.sleep(TRY_AGAIN)


def _take(app: Flask, message: bytes) -> None:
    try:
        told = json.loads(message)
        kind, process = told.pop("kind"), told["process"]
        if process != OWN_NAME and kind in _heard:
            with app.app_context():
                _heard[kind](**told)
    except Exception:
        log.exception("what a neighbour told could not be taken")
