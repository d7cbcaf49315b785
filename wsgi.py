"""The application, and the server when run as a program. The only file that knows the async mode."""

import os
import sys
import warnings

# Its maintainers announce that eventlet will end; the whole suite also passes without it (ASYNC_MODE=threading).
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

if __name__ == "__main__" and os.environ.get("ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()
    # Without this psycopg waits in C and stops every green thread with it.
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")

from facilitation import create_app
from facilitation.config import Settings, settings_from, unsafe_settings
from facilitation.live.broadcast import dismiss_all

app = create_app()

MAX_CONNECTIONS = 10_000


def serve(settings: Settings) -> None:
    """Serves until told to stop. Raises ``SystemExit`` when the port is taken."""
    print(f"Facilitation on {settings.base_url}", flush=True)  # noqa: T201
    (_serve_eventlet if settings.async_mode == "eventlet" else _serve_threading)(settings)


def _serve_eventlet(settings: Settings) -> None:
    import signal
    import socket

    import eventlet.wsgi
    import greenlet

    listener = eventlet.listen((settings.host, settings.port), reuse_port=False, backlog=1024)
    # Without it every handshake waits for a delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    main = greenlet.getcurrent()

    def leave() -> None:
        dismiss_all("draining", retry_after=2)
        eventlet.sleep(0.3)
        # A client that does not take its leave must not keep the process; what was acknowledged is on disk.
        eventlet.spawn_after(5, os._exit, 0)
        eventlet.hubs.get_hub().schedule_call_global(0, main.throw, SystemExit)

    def stop(*_: object) -> None:
        # Leaving from inside the handler would raise in the hub: a greenlet of its own does, and then the main one.
        eventlet.hubs.get_hub().schedule_call_global(0, eventlet.spawn, leave)

    def tick() -> None:
        # An idle hub sleeps for a minute and would hear of the signal only then.
        while True:
            eventlet.sleep(0.5)

    eventlet.spawn(tick)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    eventlet.wsgi.server(listener, without_compression(app), max_size=MAX_CONNECTIONS, log_output=False, debug=False)


def _serve_threading(settings: Settings) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            values = {
                "bind": f"{settings.host}:{settings.port}",
                "worker_class": "gthread",
                "workers": 1,
                "threads": 1000,
                "timeout": 0,
                "graceful_timeout": 5,
                "loglevel": "warning",
            }
            for name, value in values.items():
                self.cfg.set(name, value)

        def load(self) -> object:
            return without_compression(app)

    Server().run()


def without_compression(application: object) -> object:
    """The application without per-message compression, which costs twice the memory and most of the rate."""

    def strip(environ: dict[str, object], start_response: object) -> object:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return application(environ, start_response)  # type: ignore[operator]

    return strip


if __name__ == "__main__":
    chosen = settings_from()
    if "--production" in sys.argv:
        unsafe = unsafe_settings(chosen)
        if unsafe:
            sys.exit("Refusing to serve:\n  " + "\n  ".join(unsafe))
    serve(chosen)
