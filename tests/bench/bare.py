"""The bare stack: Flask-SocketIO that broadcasts what it is given, served just as ours is. ``python -m tests.bench.bare PORT``"""

import os
import sys

if os.environ.get("ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()

from flask import Flask
from flask_socketio import SocketIO

from facilitation.config import settings_from
from wsgi import serve

app = Flask(__name__)
socketio = SocketIO(
    app, async_mode=os.environ.get("ASYNC_MODE", "eventlet"), async_handlers=False, max_http_buffer_size=10**6
)


@socketio.on("say")
def say(message: object) -> bool:
    """Broadcasts the message to everybody."""
    socketio.emit("patch", message)
    return True


@app.get("/readyz")
def ready() -> str:
    """That it is there."""
    return "ready"


if __name__ == "__main__":
    serve(app, settings_from({**os.environ, "PORT": sys.argv[1]}))
