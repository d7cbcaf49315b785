"""Wires the application from its parts; nothing else happens here."""

import hashlib
import importlib
import secrets
from pathlib import Path

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from facilitation import activities, cli, logs, meeting, operating, record, web
from facilitation.activities.machine import LibreTranslate
from facilitation.config import ROOT, Settings, local_secret_key, settings_from
from facilitation.extensions import babel, csrf, db, migrate, prepare_sqlite, socketio
from facilitation.live import lines
from facilitation.live.commands import MAX_BYTES
from facilitation.web import language, security, templating
from facilitation.web.cookies import AgelessSessions
from facilitation.web.limits import Allowance
from facilitation.web.packets import TolerantPacket, let_go_at_once

MAX_UPLOAD = 2 * 1024 * 1024
"""Bytes of a request's body: a plan file is the largest thing that people upload."""


def wire(settings: Settings | None = None) -> Flask:
    """The application for these settings, or for those of the environment."""
    settings = settings or settings_from()
    logs.say(settings.log_format)
    app = Flask("facilitation", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key or local_secret_key(settings.instance_dir),
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        BASE_URL=settings.base_url,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # What people wrote must not get into a log with an error of the database.
        # A connection that the other side has closed (PostgreSQL was restarted) is replaced before it is used.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, "pool_pre_ping": True},
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_NAME=settings.cookie_name,
        # Scripts import one another by plain names: after an upgrade the browser must ask anew for each.
        SEND_FILE_MAX_AGE_DEFAULT=0,
        # Styles and scripts alone: in a compressed page the length would tell its secrets (BREACH).
        COMPRESS_MIMETYPES=["text/css", "text/javascript"],
        COMPRESS_STREAMING_ENDPOINT_CONDITIONAL=["static", "probes.npm"],
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        MAX_FORM_MEMORY_SIZE=MAX_UPLOAD,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        # The session's token decides. Over https the library would also ask for a Referer, which programs do not send and some
        # proxies of offices take away.
        WTF_CSRF_SSL_STRICT=False,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        BABEL_DEFAULT_LOCALE="en_GB",
        SETTINGS=settings,
        RELEASE=_release(),
    )
    app.session_interface = AgelessSessions()
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    if settings.secure:
        # Behind the one proxy that ends TLS: its word on scheme and address is taken, nobody else's.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    app.extensions["allowance"] = Allowance(settings.commands_burst, settings.commands_per_second)
    app.extensions["asking"] = Allowance(settings.commands_burst, settings.commands_per_second)
    # Files, uploads, rehearsals, suggestions: they take seconds of a processor, or somebody else's.
    app.extensions["costly"] = Allowance(settings.commands_burst * 3, settings.commands_per_second / 2)
    app.extensions["machine"] = (
        LibreTranslate(settings.translate_url, settings.translate_api_key) if settings.translate_url else None
    )
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    prepare_sqlite(app)
    migrate.init_app(app, db)
    babel.init_app(app, locale_selector=language.interface_locale)
    csrf.init_app(app)
    Compress(app)
    socketio.init_app(
        app,
        async_mode=settings.async_mode,
        cors_allowed_origins=list(settings.allowed_origins),
        async_handlers=False,
        max_http_buffer_size=MAX_BYTES,
        serializer=TolerantPacket,
        allow_upgrades=True,
        manage_session=False,
    )
    # Long polling is known by it alone: as hard to guess as a session's secret, where the library's own has 96 bits.
    socketio.server.eio.generate_id = lambda: secrets.token_urlsafe(32)
    let_go_at_once(socketio.server.eio)
    lines.hang_up_on_who_says_nothing()
    for package in (meeting, activities, record, operating, web):
        for module in package.MODULES:
            importlib.import_module(f"{package.__name__}.{module}")
    web.register(app)
    templating.register(app)
    security.protect(app)
    cli.register(app)
    return app


def _release() -> str:
    """Changes whenever pages may look different: a digest of the templates, the scripts and the catalogs."""
    digest = hashlib.sha256()
    for folder, pattern in (("templates", "*.html"), ("static", "*.*"), ("translations", "*.po")):
        for path in sorted(Path(ROOT / folder).rglob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
