"""Settings that ``make serve`` refuses: what would travel unencrypted, keys that are none; and keys that are changed."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from facilitation.config import settings_from, unsafe_settings
from tests.conftest import Meeting, csrf_token

SAFE = {"BASE_URL": "https://meeting.example", "SECRET_KEY": "s" * 40}


def complaints(tmp_path: Path, **more: str) -> list[str]:
    """The names of the settings that are refused."""
    found = unsafe_settings(settings_from({**SAFE, "INSTANCE_DIR": str(tmp_path), **more}))
    return [line.partition(":")[0] for line in found]


@pytest.mark.parametrize(
    ("name", "value", "safe"),
    [
        ("DATABASE_URL", "postgresql://f@db.example/f", False),
        ("DATABASE_URL", "postgresql://f@10.0.0.7/f", False),
        ("DATABASE_URL", "postgresql://f@db.example/f?sslmode=require", False),
        ("DATABASE_URL", "postgresql:///f?host=db.example", False),
        ("DATABASE_URL", "postgresql://f@db.example/f?sslmode=verify-full", True),
        ("DATABASE_URL", "postgresql://f@127.0.0.1/f", True),
        ("DATABASE_URL", "postgresql:///f?host=/run/postgresql", True),
        ("DATABASE_URL", "postgresql:///f", True),
        ("DATABASE_URL", "postgresql://f@database/f", True),
        ("DATABASE_URL", "sqlite:////srv/f.db", True),
        ("REDIS_URL", "redis://cache.example:6379/0", False),
        ("REDIS_URL", "redis://10.0.0.7/0", False),
        ("REDIS_URL", "rediss://cache.example:6379/0?ssl_cert_reqs=none", False),
        ("REDIS_URL", "rediss://cache.example:6379/0", True),
        ("REDIS_URL", "redis://127.0.0.1:6379/0", True),
        ("REDIS_URL", "redis://redis:6379/0", True),
        ("REDIS_URL", "unix:///run/redis.sock", True),
        ("SECRET_KEY_FALLBACKS", "short", False),
        ("SECRET_KEY_FALLBACKS", f"{'a' * 40} {'b' * 40}", True),
    ],
)
def test_what_is_said_to_another_machine_is_encrypted_and_keys_are_long(
    tmp_path: Path, name: str, value: str, safe: bool
) -> None:
    assert complaints(tmp_path, **{name: value}) == ([] if safe else [name])


def cookie_of(app: Flask, client: FlaskClient) -> str:
    found = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert found is not None
    return found.value


def test_a_new_secret_key_signs_nobody_out_while_the_old_one_is_named(
    unwatched: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, person = unwatched.app, unwatched.as_("al-1")
    old = app.config["SECRET_KEY"]
    monkeypatch.setitem(app.config, "SECRET_KEY", "n" * 40)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [old])
    before = cookie_of(app, person.client)
    assert person.get("").status_code == 200
    # What is written anew is signed with the new key: then the old one can go.
    person.client.post("/language", data={"csrf_token": csrf_token(person.get("").text), "lang": "mk"})
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    assert cookie_of(app, person.client) != before and person.get("").status_code == 200
    late = app.test_client()
    late.set_cookie(app.config["SESSION_COOKIE_NAME"], before)
    assert late.get(f"/w/{unwatched.slug}/").status_code == 401


def test_cookies_are_signed_with_sha_256_and_those_of_the_release_before_still_count(unwatched: Meeting) -> None:
    app, person = unwatched.app, unwatched.as_("al-1")
    sessions = app.session_interface
    serializer = sessions.get_signing_serializer(app)  # type: ignore[attr-defined]
    held = serializer.loads(cookie_of(app, person.client))
    before = type(serializer)(
        app.config["SECRET_KEY"],
        salt=serializer.salt,
        serializer=sessions.serializer,  # type: ignore[attr-defined]
        signer_kwargs={"key_derivation": "hmac"},
    ).dumps(held)
    now = cookie_of(app, person.client)
    assert len(now.rsplit(".", 1)[1]) == 43 and len(before.rsplit(".", 1)[1]) == 27  # 256 and 160 bits
    for cookie, status in ((before, 200), (now, 200), (before[:-2] + "xx", 401)):
        client = app.test_client()
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
        assert client.get(f"/w/{unwatched.slug}/").status_code == status


def test_a_spoofed_host_is_in_no_address_that_is_passed_on(unwatched: Meeting) -> None:
    app, person = unwatched.app, unwatched.as_("facilitator")
    cookie = cookie_of(app, person.client)
    person.client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie, domain="evil.example")
    page = person.get("screen", headers={"Host": "evil.example"})
    assert page.status_code == 200
    assert "evil.example" not in page.text and "Join at 127.0.0.1:5000 with" in page.text
