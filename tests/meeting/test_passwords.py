"""What a password must be: long, and none of those that are tried first."""

import pytest

from facilitation.meeting.passwords import complaint

EMAIL = "olga.petrova@ministry-of-x.example"


@pytest.mark.parametrize(
    "password",
    [
        "elevensigns",
        "password1234",
        "Password2024!",
        "PASSWORDPASSWORD",
        "p@ssw0rd!p@ssw0rd!",
        "123456789012",
        "987654321098",
        "aaaaaaaaaaaaaaa",
        "qwertyuiop123",
        "1q2w3e4r5t6y7u",
        "ILoveYou2020!!",
        "correcthorsebatterystaple",
        "administrator1",
        "facilitation12",
        "Facilitation-2026",
        "olga.petrova12",
        "petrova-olga-2",
        "ababababababab",
        "Skopje2020Skopje",
        "welcome123456",
    ],
)
def test_what_is_tried_first_is_no_password(password: str) -> None:
    assert complaint(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "teapot lantern gravel",
        "58203746193027465920",
        "ѓурѓица на прозорец",
        "x" * 3 + "J8#pqLz0vT",
        "my password is a long ladder",
        "a" + "ß" * 2 + "kürbis tür mond",
        " leading and trailing ",
    ],
)
def test_any_other_long_one_is_whatever_signs_it_has(password: str) -> None:
    assert complaint(password, EMAIL) is None


def test_words_of_somebody_elses_address_are_no_matter() -> None:
    assert complaint("petrovaslanternx", "ana@example.org") is None
