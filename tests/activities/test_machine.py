"""A machine's suggestion at the interpreters' desk: only where there is one, only for who asks, never stored by itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from facilitation.activities.machine import LibreTranslate
from facilitation.config import UnsafeSetting, settings_from, unsafe_settings
from tests.conftest import Meeting, Person
from tests.translator import translator


@pytest.fixture
def machine(unwatched: Meeting) -> Iterator[None]:
    with translator() as url:
        unwatched.app.extensions["machine"] = LibreTranslate(url, "secret")
        yield
        unwatched.app.extensions["machine"] = None


def ask(person: Person, subject: str, lang: str) -> Any:
    form = {"csrf_token": person.token, "subject": subject, "lang": lang}
    return person.client.post(f"/w/{person.meeting.slug}/suggestions", data=form)


@pytest.fixture
def card(unwatched: Meeting) -> str:
    unwatched.as_("organiser").do("open_workshop")
    unwatched.as_("facilitator").do("start_item", item="presentation-al")
    args = {"item": "presentation-al", "kind": "challenge", "lang": "sq", "text": "Mungon stafi", "anonymity": "named"}
    return str(unwatched.as_("al-1").do("add_contribution", **args)["id"])


@pytest.mark.usefixtures("machine")
def test_an_interpreter_gets_a_suggestion_and_nobody_else_gets_it(unwatched: Meeting, card: str) -> None:
    mila, ana, seq = unwatched.as_("interpreter-mk"), unwatched.as_("facilitator"), unwatched.seq
    assert "Прашај ја машината" in mila.get("desk").text
    assert ask(mila, card, "mk").get_json() == {"ok": True, "text": "[sq→mk] Mungon stafi"}
    assert unwatched.seq == seq and "[sq→mk]" not in ana.get("console").text
    assert ask(ana, card, "mk").status_code == 403
    assert ask(mila, "0123456789ab", "mk").status_code == 404


@pytest.mark.usefixtures("machine")
def test_what_the_machine_cannot_do_is_said(unwatched: Meeting, card: str) -> None:
    answer = ask(unwatched.as_("interpreter-mk"), card, "bs")
    assert answer.status_code == 502 and "преведете го сами" in answer.get_json()["error"]["message"]
    unwatched.app.extensions["machine"] = LibreTranslate("http://127.0.0.1:9", "secret")
    assert ask(unwatched.as_("interpreter-mk"), card, "mk").status_code == 502


def test_where_none_is_named_there_is_no_machine(unwatched: Meeting, card: str) -> None:
    mila = unwatched.as_("interpreter-mk")
    assert "Прашај ја машината" not in mila.get("desk").text
    assert ask(mila, card, "mk").status_code == 404


def test_texts_do_not_leave_the_machine_unencrypted() -> None:
    def unsafe(url: str) -> bool:
        return any(each.startswith("TRANSLATE_URL") for each in unsafe_settings(settings_from({"TRANSLATE_URL": url})))

    assert unsafe("http://translate.example.org")
    assert not unsafe("https://translate.example.org") and not unsafe("http://127.0.0.1:5001")
    with pytest.raises(UnsafeSetting):
        settings_from({"TRANSLATE_URL": "translate.example.org"})
