"""Pages, signing in, downloads, probes: everything that reads a request."""

import importlib

from flask import Flask

MODULES = (
    "sockets",
    "front",
    "accounts",
    "rooms",
    "finding",
    "slides",
    "rehearsing",
    "writing",
    "downloads",
    "schemas",
    "state",
    "records",
    "design",
    "settings",
    "suggesting",
    "links",
    "reminding",
    "privacy",
    "health",
    "probes",
)


def register(app: Flask) -> None:
    """Registers the blueprint of every module that has one."""
    for name in MODULES:
        module = importlib.import_module(f"{__name__}.{name}")
        if hasattr(module, "pages"):
            app.register_blueprint(module.pages)
