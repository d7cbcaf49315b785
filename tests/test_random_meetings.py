"""Random sequences of commands against the rules: whatever people send, in whatever order, the house stands."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from facilitation.plan import Plan
from tests.conftest import Meeting

PEOPLE = ("organiser", "facilitator", "rapporteur", "interpreter-sq", "al-1", "ba-2", "mk-1", "head", "observer")
ITEMS = (
    "welcome",
    "round",
    "presentation-al",
    "capture-1",
    "cluster",
    "break-1",
    "positives",
    "framework",
    "agreement",
)
CODES = {"invalid", "forbidden", "not_found", "not_now", "conflict", "stale", "unauthenticated"}
LANGUAGES = st.sampled_from(["en", "mk", "sq", "xx", ""])
TEXTS = st.sampled_from(["Доверба", "Trust", "<b>x</b>", "", " ", "x" * 5001, "'; DROP TABLE people; --", "\u202e!"])

KINDS_MADE = ("contribution", "theme", "request", "conclusion", "element")


def one_of(kind: str) -> st.SearchStrategy[Any]:
    """An id that an earlier command returned, or one that nobody ever did."""
    return st.integers(0, 9).map(lambda n: (kind, n))


def titles() -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(LANGUAGES, TEXTS, max_size=2)


COMMANDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "open_workshop": {},
    "close_workshop": {},
    "reopen_workshop": {"reason": TEXTS},
    "start_item": {"item": st.sampled_from(ITEMS)},
    "finish_item": {"item": st.sampled_from(ITEMS)},
    "reopen_item": {"item": st.sampled_from(ITEMS)},
    "extend_item": {"item": st.sampled_from(ITEMS), "minutes": st.integers(-300, 300)},
    "skip_item": {"item": st.sampled_from(ITEMS), "reason": TEXTS},
    "move_item": {"item": st.sampled_from(ITEMS), "day": st.integers(0, 3), "after": st.sampled_from([*ITEMS, None])},
    "add_contribution": {
        "item": st.sampled_from(ITEMS),
        "kind": st.sampled_from(["challenge", "positive", "wish"]),
        "lang": LANGUAGES,
        "text": TEXTS,
        "anonymity": st.sampled_from(["named", "delegation", "anonymous"]),
    },
    "edit_contribution": {"contribution": one_of("contribution"), "text": TEXTS, "version": st.integers(0, 2)},
    "withdraw_contribution": {"contribution": one_of("contribution")},
    "moderate_contribution": {"contribution": one_of("contribution"), "decision": st.sampled_from(["show", "hide"])},
    "reveal_contributions": {"item": st.sampled_from(ITEMS)},
    "park": {"contribution": one_of("contribution")},
    "redact_contribution": {"contribution": one_of("contribution"), "reason": TEXTS},
    "endorse": {"contribution": one_of("contribution")},
    "withdraw_endorsement": {"contribution": one_of("contribution")},
    "add_theme": {"kind": st.sampled_from(["challenge", "positive"]), "title": titles()},
    "rename_theme": {"theme": one_of("theme"), "title": titles()},
    "merge_themes": {"theme": one_of("theme"), "into": one_of("theme")},
    "group_contribution": {"contribution": one_of("contribution"), "theme": one_of("theme")},
    "ungroup_contribution": {"contribution": one_of("contribution")},
    "merge_contributions": {"contribution": one_of("contribution"), "into": one_of("contribution")},
    "translate": {"subject": one_of("contribution"), "lang": LANGUAGES, "text": TEXTS, "machine": st.booleans()},
    "confirm_translation": {"subject": one_of("contribution"), "lang": LANGUAGES},
    "take_translation": {"subject": one_of("contribution"), "lang": LANGUAGES},
    "take_next_translation": {},
    "write_note": {"item": st.sampled_from(ITEMS), "lang": LANGUAGES, "text": TEXTS},
    "request_floor": {"item": st.sampled_from(ITEMS), "purpose": st.sampled_from(["question", "comment", "order"])},
    "withdraw_floor": {"request": one_of("request")},
    "give_floor": {"request": one_of("request")},
    "end_floor": {"request": one_of("request")},
    "add_element": {"title": titles(), "sources": st.lists(one_of("theme"), max_size=2)},
    "draft_conclusion": {
        "item": st.just("agreement"),
        "text": titles(),
        "sources": st.lists(one_of("theme"), max_size=2),
    },
    "put_conclusion": {"conclusion": one_of("conclusion")},
    "reword_conclusion": {"conclusion": one_of("conclusion"), "text": titles()},
    "close_conclusion": {"conclusion": one_of("conclusion")},
    "take_position": {
        "conclusion": one_of("conclusion"),
        "stance": st.sampled_from(["agree", "object", "maybe"]),
        "reason": TEXTS,
    },
    "announce": {"text": TEXTS},
    "slow_down": {},
    "appoint_head": {"delegation": st.just("AL"), "person": st.sampled_from(["al-1", "al-2", "ba-1"])},
    "draft_minutes": {},
    "circulate_minutes": {},
    "sign_minutes": {},
    "edit_minutes": {
        "paragraph": st.sampled_from(["1", "2", "item:welcome:note"]),
        "lang": LANGUAGES,
        "text": TEXTS,
        "version": st.integers(0, 2),
    },
    "drop_edit": {"paragraph": st.just("item:welcome:note"), "lang": LANGUAGES, "version": st.integers(1, 2)},
}

MAKES = {
    "add_contribution": "contribution",
    "add_theme": "theme",
    "request_floor": "request",
    "draft_conclusion": "conclusion",
    "add_element": "element",
}

steps = st.sampled_from(sorted(COMMANDS)).flatmap(
    lambda name: st.tuples(st.sampled_from(PEOPLE), st.just(name), st.fixed_dictionaries(COMMANDS[name]))
)


def with_made(value: Any, ids: dict[str, list[str]]) -> Any:
    if isinstance(value, tuple):
        kind, n = value
        return ids[kind][n % len(ids[kind])] if ids[kind] and n < 9 else "never-made"
    if isinstance(value, list):
        return [with_made(each, ids) for each in value]
    return value


@pytest.mark.timeout(400)
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a whole meeting takes longer than reading it
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(script=st.lists(steps, min_size=30, max_size=80))
def test_every_command_is_carried_out_or_refused_and_every_page_is_right(
    new_meeting: Callable[[Plan], Meeting], reference_plan: Plan, script: list[tuple[str, str, dict[str, Any]]]
) -> None:
    meeting = new_meeting(reference_plan)
    for key, view, lang in (
        ("al-1", "room", "mk"),
        ("facilitator", "console", "en"),
        ("interpreter-sq", "desk", "en"),
        ("al-2", "delegation", "en"),
        ("rapporteur", "minutes", "mk"),
    ):
        meeting.observe(key, view, lang)
    ids: dict[str, list[str]] = {kind: [] for kind in KINDS_MADE}
    meeting.as_("organiser").do("open_workshop")
    for n, (key, name, args) in enumerate(script):
        person, before = meeting.as_(key), meeting.seq
        answer = person.send(name, **with_made_all(args, ids))
        if answer["ok"]:
            assert meeting.seq == answer["seq"] == before + 1
            if name in MAKES:
                ids[MAKES[name]].append(answer["result"]["id"])
        else:
            assert answer["error"]["code"] in CODES, (key, name, args, answer)
            assert meeting.seq == before
        if n % 10 == 9:
            meeting.look_around(f"{n} random commands, the last: {key} {name} {args}")
    meeting.look_around("a random meeting")
    meeting.leave()


def with_made_all(args: dict[str, Any], ids: dict[str, list[str]]) -> dict[str, Any]:
    return {name: with_made(value, ids) for name, value in args.items()}
