"""A machine's suggestion at the interpreters' desk: only where there is one, only for who asks, never stored by itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from facilitation.activities.machine import LibreTranslate, NoSuggestion
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
    assert "Побарај машински превод" in mila.get("desk").text
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
    assert "Побарај машински превод" not in mila.get("desk").text
    assert ask(mila, card, "mk").status_code == 404


def test_texts_do_not_leave_the_machine_unencrypted() -> None:
    def unsafe(url: str) -> bool:
        return any(each.startswith("TRANSLATE_URL") for each in unsafe_settings(settings_from({"TRANSLATE_URL": url})))

    assert unsafe("http://translate.example.org")
    assert not unsafe("https://translate.example.org") and not unsafe("http://127.0.0.1:5001")
    with pytest.raises(UnsafeSetting):
        settings_from({"TRANSLATE_URL": "translate.example.org"})


def test_what_a_machine_suggested_is_given_to_readers_only_once_it_is_confirmed(unwatched: Meeting, card: str) -> None:
    mila, reader = unwatched.as_("interpreter-mk"), unwatched.as_("mk-2")
    mila.do("translate", subject=card, lang="mk", text="Недостига персонал", machine=True)

    def texts() -> str:
        answers = (reader.get(path) for path in ("", "state.json", "minutes", "export/minutes.html?lang=mk"))
        return "".join(answer.get_data(as_text=True) for answer in answers)

    def contributions() -> str:
        return str(unwatched.as_("facilitator").get("export/contributions.json?lang=mk").get_data(as_text=True))

    assert "Недостига персонал" not in texts() + contributions()
    desk = mila.get("desk").text.partition(f'id="translating-{card}"')[2].partition("</section>")[0]
    assert "Недостига персонал" in desk and 'name="machine" value="true"' in desk
    assert 'data-missing="en mk' in desk
    mila.do("confirm_translation", subject=card, lang="mk")
    assert "Недостига персонал" in texts() and "Недостига персонал" in contributions()


def test_a_title_that_a_machine_suggested_is_the_titles_once_it_is_confirmed(unwatched: Meeting, card: str) -> None:
    ana, mila = unwatched.as_("facilitator"), unwatched.as_("interpreter-mk")
    theme = ana.do("add_theme", kind="challenge", title={"en": "Staff"}, contributions=[card])["id"]
    mila.do("translate", subject=theme, lang="mk", text="Персонал", machine=True)
    assert ana.state()["themes"][0]["title"] == {"en": "Staff"}
    mila.do("confirm_translation", subject=theme, lang="mk")
    assert ana.state()["themes"][0]["title"] == {"en": "Staff", "mk": "Персонал"}


def test_the_machine_is_asked_in_codes_and_scripts_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.translator.LANGUAGES", ("en", "bs", "sr"))
    with translator() as url:
        machine = LibreTranslate(url, "secret")
        assert machine.suggest("Trust", "en", "cnr") == "[en→bs] Trust"
        assert machine.suggest("Поверење", "sr-Cyrl", "en") == "[sr→en] Поверење"
        assert machine.suggest("Poverenje", "sr-Latn", "en") == "[sr→en] Поверење"
        assert machine.suggest("Поверење", "sr-Cyrl", "sr-Latn") == "[sr→sr] Poverenje"


def test_a_text_is_not_sent_on_to_where_the_machine_points(monkeypatch: pytest.MonkeyPatch) -> None:
    with translator() as url, translator(sends_to=url) as elsewhere, pytest.raises(NoSuggestion):
        LibreTranslate(elsewhere, "secret").suggest("Trust", "en", "mk")
