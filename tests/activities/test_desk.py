"""The interpreters' desk: the most urgent text first, one interpreter to a text, and how much is there in each language."""

import pytest

from facilitation.extensions import now_ms
from facilitation.live import commands
from tests.conftest import Meeting, Person


def write(person: Person, text: str, item: str = "presentation-al") -> str:
    made = person.do("add_contribution", item=item, kind="challenge", lang="sq", text=text, anonymity="delegation")
    return str(made["id"])


def taken_by(person: Person) -> tuple[str, str]:
    result = person.do("take_next_translation")
    return result["subject"], result["lang"]


def test_a_conclusion_that_is_put_comes_first_then_what_is_talked_about_now(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    mila = meeting.as_("interpreter-mk")
    ana.do("start_item", item="agreement")
    put = ana.do("draft_conclusion", item="agreement", text={"en": "We train staff together."})["id"]
    ana.do("put_conclusion", conclusion=put)
    ana.do("start_item", item="presentation-al")
    write(ben, "Më herët")
    ana.do("start_item", item="presentation-ba")
    now = write(ben, "Tani", "presentation-ba")
    order = []
    for _ in range(2):
        subject, lang = taken_by(mila)
        order.append(subject)
        mila.do("translate", subject=subject, lang=lang, text="Превод")
    assert order[:2] == [put, now]


def test_two_interpreters_never_get_the_same_text_and_one_of_them_is_told_who_has_it(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    mila, sara = meeting.as_("interpreter-mk"), meeting.as_("interpreter-sq")
    ana.do("start_item", item="presentation-al")
    write(ben, "Një")
    write(ben, "Dy")
    assert taken_by(mila) != taken_by(sara)
    while (hers := taken_by(mila))[1] != "en":
        pass
    answer = sara.refused("translate", subject=hers[0], lang="en", text="The same again")
    assert answer["code"] == "conflict" and "Somebody else" in answer["message"]
    assert "is translating this" in sara.get("desk").text


def test_a_text_that_is_taken_and_left_is_free_for_the_others_after_five_minutes(
    meeting: Meeting, ana: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mila, sara = meeting.as_("interpreter-mk"), meeting.as_("interpreter-sq")
    ana.do("start_item", item="presentation-al")
    card = write(ben, "Një")
    while taken_by(mila) != (card, "en"):
        pass
    assert sara.refused("translate", subject=card, lang="en", text="One")["code"] == "conflict"
    monkeypatch.setattr(commands, "now_ms", lambda: now_ms() + 301_000)
    sara.do("translate", subject=card, lang="en", text="One")


def test_each_text_says_which_languages_it_is_missing_in(meeting: Meeting, ana: Person, ben: Person) -> None:
    mila, sara = meeting.as_("interpreter-mk"), meeting.as_("interpreter-sq")
    ana.do("start_item", item="presentation-al")
    card = write(ben, "Një")

    def missing() -> list[str]:
        region = sara.get("desk").text.partition(f'id="translating-{card}"')[2]
        return region.partition('data-missing="')[2].partition('"')[0].split()

    assert missing() == ["en", "mk", "bs", "sr-Latn", "cnr"]
    mila.do("translate", subject=card, lang="mk", text="Едно")
    assert missing() == ["en", "bs", "sr-Latn", "cnr"]
    # Readers of Bosnian, Serbian and Montenegrin read one another.
    meeting.as_("interpreter-bs").do("translate", subject=card, lang="bs", text="Jedno")
    assert missing() == ["en"]
    assert ben.refused("take_next_translation")["code"] == "forbidden"
