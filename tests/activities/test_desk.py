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


def region_of(person: Person, subject: str) -> str:
    """What the desk shows of a text."""
    html = person.get("desk").text.partition(f'id="translating-{subject}"')[2]
    return str(html.partition('id="translating-')[0].partition('id="notes-title"')[0])


def test_rewording_in_one_language_leaves_the_others_to_be_looked_at(meeting: Meeting, ana: Person) -> None:
    mila = meeting.as_("interpreter-mk")
    text = {"en": "We meet once a year.", "mk": "Се состануваме еднаш годишно."}
    put = ana.do("draft_conclusion", item="agreement", text=text)["id"]
    ana.do("put_conclusion", conclusion=put)
    ana.do("reword_conclusion", conclusion=put, text={**text, "en": "We meet twice a year."})
    assert meeting.as_("organiser").state()["conclusions"][0]["text"] == {"en": "We meet twice a year."}
    room = meeting.as_("mk-2").get("").text.partition(f'id="conclusion-{put}"')[2].partition("</article>")[0]
    assert text["mk"] in room and "We meet twice a year." in room and "mark-outdated" in room
    waiting = region_of(mila, put)
    assert 'data-missing="mk' in waiting and f">{text['mk']}</textarea>" in waiting
    mila.do("translate", subject=put, lang="mk", text="Се состануваме двапати годишно.")
    room = meeting.as_("mk-2").get("").text.partition(f'id="conclusion-{put}"')[2].partition("</article>")[0]
    assert "двапати" in room and "еднаш" not in room.partition("rewording")[0] and "mark-outdated" not in room


def test_a_theme_renamed_in_one_language_waits_in_the_others_and_undoing_brings_them_back(
    meeting: Meeting, ana: Person
) -> None:
    mila, organiser = meeting.as_("interpreter-mk"), meeting.as_("organiser")
    title = {"en": "Staff", "mk": "Персонал"}
    theme = ana.do("add_theme", kind="challenge", title=title)["id"]
    ana.do("rename_theme", theme=theme, title={**title, "en": "Trained staff"})
    assert organiser.state()["themes"][0]["title"] == {"en": "Trained staff"}
    assert ">Персонал</textarea>" in region_of(mila, theme)
    ana.do("undo", seq=meeting.seq)
    assert organiser.state()["themes"][0]["title"] == title
    ana.do("redo", seq=meeting.seq)
    # The old title still fits.
    mila.do("confirm_translation", subject=theme, lang="mk")
    assert organiser.state()["themes"][0]["title"] == {"en": "Trained staff", "mk": "Персонал"}
    ana.do("rename_theme", theme=theme, title={"en": "Trained staff", "mk": "Обучен персонал"})
    assert organiser.state()["themes"][0]["title"] == {"en": "Trained staff", "mk": "Обучен персонал"}


def test_the_desk_is_a_queue_and_only_what_waits_has_a_form(meeting: Meeting, ana: Person, ben: Person) -> None:
    mila, sara, bojan = (meeting.as_(f"interpreter-{tag}") for tag in ("mk", "sq", "bs"))
    ana.do("start_item", item="presentation-al")
    done, earlier = write(ben, "Një"), write(ben, "Dy")
    for person, lang in ((sara, "en"), (mila, "mk"), (bojan, "bs")):
        person.do("translate", subject=done, lang=lang, text="1")
    assert "on screen now" in region_of(sara, earlier)
    ana.do("start_item", item="presentation-ba")
    now = write(ben, "Tani", "presentation-ba")
    assert "will be in the minutes" in region_of(sara, earlier) and "on screen now" in region_of(sara, now)
    page = sara.get("desk").text
    places = [page.index(f'id="translating-{card}"') for card in (now, earlier, done)]
    assert places == sorted(places)
    assert "<form" in region_of(sara, earlier) and "<form" not in region_of(sara, done)
    # On demand it has one.
    opened = sara.get(f"desk?text={done}").text
    assert f'id="translate-opened-{done}"' in opened
    # What is on changes back, and the queue with it.
    ana.do("reopen_item", item="presentation-al")
    assert "on screen now" in region_of(sara, earlier)
    ana.do("undo", seq=meeting.seq)
    assert "on screen now" in region_of(sara, now) and "on screen now" not in region_of(sara, earlier)


def test_asking_for_the_next_goes_through_all_that_waits(meeting: Meeting, ana: Person, ben: Person) -> None:
    mila = meeting.as_("interpreter-mk")
    ana.do("start_item", item="presentation-al")
    cards = {write(ben, text) for text in ("Një", "Dy", "Tre")}
    into = {(card, lang) for card in cards for lang in ("mk", "en")}
    assert {taken_by(mila) for _ in into} == into
    assert taken_by(mila) not in into


def test_who_begins_to_write_has_taken_the_text(meeting: Meeting, ana: Person, ben: Person) -> None:
    mila, sara = meeting.as_("interpreter-mk"), meeting.as_("interpreter-sq")
    ana.do("start_item", item="presentation-al")
    card = write(ben, "Një")
    mila.do("take_translation", subject=card, lang="en")
    assert sara.refused("take_translation", subject=card, lang="en")["code"] == "conflict"
    assert sara.refused("translate", subject=card, lang="en", text="One")["code"] == "conflict"
    assert sara.refused("take_translation", subject=card, lang="mk")["code"] == "forbidden"
    assert ben.refused("take_translation", subject=card, lang="en")["code"] == "forbidden"


def test_somebody_elses_translation_is_not_replaced_unseen(meeting: Meeting, ana: Person, ben: Person) -> None:
    mila, sara = meeting.as_("interpreter-mk"), meeting.as_("interpreter-sq")
    ana.do("start_item", item="presentation-al")
    card = write(ben, "Një")

    def seen() -> str:
        return region_of(sara, card).partition('name="version.en" value="')[2].partition('"')[0]

    before = seen()
    mila.do("translate", subject=card, lang="en", text="One", version={"en": before})
    mila.do("translate", subject=card, lang="en", text="One.", version={"en": before})
    stale = sara.refused("translate", subject=card, lang="en", text="A", version={"en": before, "mk": "x"})
    assert stale["code"] == "stale"
    sara.do("translate", subject=card, lang="en", text="A", version={"en": seen()})


def test_somebody_elses_note_is_not_replaced_unseen(meeting: Meeting) -> None:
    mila, rita = meeting.as_("interpreter-mk"), meeting.as_("rapporteur")
    note = {"item": "welcome", "lang": "en"}
    assert 'name="version.en" value="none"' in mila.get("desk").text
    rita.do("write_note", **note, text="He welcomed everybody.", version={"en": "none"})
    rita.do("write_note", **note, text="He welcomed all.", version={"en": "none"})
    assert mila.refused("write_note", **note, text="He came.", version={"en": "none"})["code"] == "stale"
    mila.do("write_note", **note, text="He came.")


def test_a_translation_says_in_the_room_who_made_it_and_whether_it_is_confirmed(
    meeting: Meeting, ana: Person, ben: Person
) -> None:
    sara, observer = meeting.as_("interpreter-sq"), meeting.as_("observer")
    ana.do("start_item", item="presentation-al")
    card = write(ben, "Një")
    sara.do("translate", subject=card, lang="en", text="One")

    def said(person: Person) -> str:
        html = person.get("").text.partition(f'id="card-{card}"')[2].partition("</article>")[0]
        return str(html.partition('class="translated"')[2].partition("</p>")[0])

    assert "Translated from Albanian by " in said(observer) and "not confirmed yet" in said(observer)
    # The working language's translation says which language it is in, to whoever reads another one.
    assert 'class="language-mark">' in said(meeting.as_("mk-2")) and "language-mark" not in said(observer)
    sara.do("confirm_translation", subject=card, lang="en")
    assert ", confirmed" in said(observer)
    one = next(each for each in observer.state()["contributions"] if each["id"] == card)
    assert one["translations"] == {"en": "One"}
    assert one["translated"] == {"en": {"by": "interpreter-sq", "confirmed": True}}
