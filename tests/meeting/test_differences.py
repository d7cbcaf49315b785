"""What has changed between two wordings is said word by word."""

from hypothesis import given
from hypothesis import strategies as st

from facilitation.meeting.differences import changed_words


def test_words_that_are_gone_and_words_that_are_new_are_told_from_the_rest() -> None:
    assert changed_words("Обука еднаш годишно.", "Обука двапати годишно.") == [
        ("same", "Обука "),
        ("gone", "еднаш"),
        ("new", "двапати"),
        ("same", " годишно."),
    ]
    assert changed_words("", "New") == [("new", "New")]
    assert changed_words("The same", "The same") == [("same", "The same")]


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_wordings_can_be_read_from_it(before: str, after: str) -> None:
    changes = changed_words(before, after)
    assert "".join(text for change, text in changes if change != "new") == before
    assert "".join(text for change, text in changes if change != "gone") == after
