"""The application, and the server when run as a program. The only file that knows the async mode."""

import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

# Its maintainers announce that eventlet will end; the whole suite also passes without it (ASYNC_MODE=threading).
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

if __name__ == "__main__" and os.environ.get("ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()
    # Without this psycopg waits in C and stops every green thread with it.
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")

from facilitation import create_app, stacks
from facilitation.config import Settings, settings_from, unsafe_settings
from facilitation.extensions import socketio
from facilitation.live import draining, neighbours
from facilitation.live.lines import LINE, Line

app = create_app()

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

MAX_CONNECTIONS = 10_000
CLOSING_AT_ONCE = 50
"""Connections whose other side is waited for at a time."""
LEAVE_WITHIN = 8
"""Seconds from the word to stop until the process is gone, whatever hangs; what was acknowledged is on disk."""


def serve(application: Application, settings: Settings) -> None:
    """Serves until told to stop. Raises ``SystemExit`` when the port is taken."""
    print(f"Facilitation on {settings.base_url}", flush=True)  # noqa: T201
    # What is there now stays for ever: the collector need not look at it again at every turn.
    gc.collect()
    gc.freeze()
    wrapped = with_lines(application)
    (_serve_eventlet if settings.async_mode == "eventlet" else _serve_threading)(wrapped, settings)


def _serve_eventlet(application: Application, settings: Settings) -> None:
    import signal
    import socket

    import eventlet.wsgi
    import greenlet

    listener = eventlet.listen((settings.host, settings.port), reuse_port=False, backlog=1024)
    # Without it every handshake waits for a delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    main = greenlet.getcurrent()

    def leave() -> None:
        eventlet.spawn_after(LEAVE_WITHIN, os._exit, 0)
        draining.drain()
        eventlet.hubs.get_hub().schedule_call_global(0, main.throw, SystemExit)

    def stop(*_: object) -> None:
        # Leaving from inside the handler would raise in the hub: a greenlet of its own does, and then the main one.
        eventlet.hubs.get_hub().schedule_call_global(0, eventlet.spawn, leave)

    def tick() -> None:
        # An idle hub sleeps for a minute and would hear of the signal only then.
        while True:
            eventlet.sleep(0.5)

    eventlet.spawn(tick)
    neighbours.start(app)
    stacks.say_on_signal()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    eventlet.wsgi.server(listener, application, max_size=MAX_CONNECTIONS, log_output=False, debug=False)


def _serve_threading(application: Application, settings: Settings) -> None:
    import signal
    import threading

    from gunicorn import util
    from gunicorn.app.base import BaseApplication

    # gunicorn waits up to two seconds in its main thread for each client to take its last answer: a dozen who send half a request
    # would keep everybody out.
    closing, close_gracefully = ThreadPoolExecutor(CLOSING_AT_ONCE), util.close_graceful
    util.close_graceful = lambda connection: closing.submit(close_gracefully, connection)

    def begin(worker: Any) -> None:
        neighbours.start(app)

        def stop(number: int, frame: Any) -> None:
            def leave() -> None:
                draining.drain()
                worker.handle_exit(number, frame)

            threading.Thread(target=leave, daemon=True).start()

        stacks.say_on_signal()
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    def unless_the_line_has_gone(failure: threading.ExceptHookArgs) -> None:
        # The socket library's sender closes its line in the end, also one that has been hung up on.
        if not isinstance(failure.exc_value, OSError):
            threading.__excepthook__(failure)

    threading.excepthook = unless_the_line_has_gone

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            values = {
                "bind": f"{settings.host}:{settings.port}",
                "worker_class": "gthread",
                "workers": 1,
                "threads": 1000,
                "backlog": 1024,
                "timeout": 0,
                # Longer than a proxy keeps a connection in stock: else it may send a form into one that is just being closed.
                "keepalive": 90,
                "graceful_timeout": LEAVE_WITHIN,
                "loglevel": "warning",
                "post_worker_init": begin,
            }
            for name, value in values.items():
                self.cfg.set(name, value)

        def load(self) -> object:
            return application

    Server().run()


def with_lines(application: Application) -> Application:
    """The application, told of each connection's TCP socket, so that one whose client stopped reading can be cut; and without
    per-message compression, which costs twice the memory and most of the rate."""

    def handle(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if not environ.get("PATH_INFO", "").startswith("/socket.io/"):
            with draining.in_hand():
                return application(environ, start_response)
        green = "eventlet.input" in environ
        line = Line(environ["eventlet.input"].get_socket() if green else environ["gunicorn.socket"], alone=green)
        environ[LINE] = line
        if environ.get("HTTP_UPGRADE"):
            # One that began by polling: its messages come this way from now on.
            for sid in parse_qs(environ.get("QUERY_STRING", "")).get("sid", ()):
                socketio.server.environ.get(sid, {})[LINE] = line
        # A live connection has no end: its commands are counted as in hand, not the connection.
        return application(environ, start_response)

    return handle


if __name__ == "__main__":
    chosen = settings_from()
    if "--production" in sys.argv:
        unsafe = unsafe_settings(chosen)
        if unsafe:
            sys.exit("Refusing to serve:\n  " + "\n  ".join(unsafe))
    serve(app, chosen)
