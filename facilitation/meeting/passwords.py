"""What a password of an account must be: long, and none of those that are tried first. Nothing else is asked of it."""

import re

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

SHORTEST = 12
LEFT_OVER = 6
"""Characters that must be left when everything is taken out that whoever guesses begins with."""
OWN_WORDS = ("facilitation", "facilitator", "organiser", "organizer", "workshop", "meeting")
"""What this product is about."""
# Words, names, runs of keys and sentences of which the long passwords in published lists are made, in capitals or not, with a
# year or a number behind them or not. The longer ones first, so that they are taken out whole.
COMMON = tuple(
    sorted(
        """
        correcthorsebatterystaple thequickbrownfox iloveyou trustno1 letmein opensesame whatever changeme changemenow
        password passw0rd p@ssword p@ssw0rd pa55word passwort parola lozinka sifra geslo fjalekalimi contrasena motdepasse
        secret welcome login signin administrator admin root user guest default temporary temp test testing example
        qwertyuiop qwertyuio qwerty qwertz azerty asdfghjkl asdfgh zxcvbnm zxcvbn 1q2w3e4r5t6y 1q2w3e4r5t 1q2w3e4r 1qaz2wsx
        3edc4rfv q1w2e3r4t5 q1w2e3r4 qazwsxedc qazwsx zaq12wsx abcdefgh abcdef abc123 123abc a1b2c3d4 aaaaaa
        dragon monkey football baseball basketball soccer hockey superman batman spiderman starwars pokemon naruto minecraft
        princess sunshine shadow master killer hunter ranger buster soldier tigger charlie michael jordan jennifer jessica
        michelle daniel andrew joshua matthew nicole ashley amanda thomas robert george maggie ginger pepper cookie banana
        chocolate cheese summer winter spring autumn january february march april june july august september october november
        december monday tuesday wednesday thursday friday saturday sunday flower butterfly purple orange yellow silver golden
        diamond computer internet samsung google facebook microsoft windows apple iphone android linux server system network
        database security company office business manager police prison justice government ministry project
        freedom liberty forever together nothing something anything everything jesus christ blessed angel heaven family mother
        father brother sister friends lovely loveme lover baby babygirl babyboy sweetheart honey darling beautiful handsome
        happy lucky magic mustang porsche ferrari mercedes corvette harley yamaha thunder lightning phoenix eagle falcon tiger
        liverpool arsenal chelsea barcelona realmadrid juventus manchester london paris berlin europe america canada australia
        macedonia skopje albania tirana bosnia sarajevo kosovo prishtina pristina serbia beograd belgrade montenegro podgorica
        balkan yugoslavia makedonija shqiperia srbija hrvatska crnagora
        """.split(),
        key=lambda word: (-len(word), word),
    )
)
_YEAR = re.compile(r"(19|20)\d\d")
_SAME = re.compile(r"(.)\1{2,}")
_ROWS = ("01234567890", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "abcdefghijklmnopqrstuvwxyz")


def complaint(password: str, email: str) -> LazyString | None:
    """What is wrong with a new password of the account with this address; ``None`` when nothing is."""
    if len(password) < SHORTEST:
        return _l("A password has at least %(count)s characters.", count=SHORTEST)
    if len(_left(password.casefold(), (*OWN_WORDS, *_parts(email)))) < LEFT_OVER:
        return _l(
            "This password is one of those that are tried first. Take several words that have nothing to do with you."
        )
    return None


def _parts(email: str) -> list[str]:
    """What of an address anybody would try."""
    name, _, domain = email.casefold().partition("@")
    return [part for part in (name, *re.split(r"[^\w]+", name), *domain.split(".")) if len(part) >= 4]


def _left(password: str, words: tuple[str, ...]) -> str:
    """What is left of a password without what is guessed first: words, years, runs of keys, the same character again and again,
    and what has been there before."""
    for word in (*sorted(words, key=len, reverse=True), *COMMON):
        password = password.replace(word, "")
    password = _SAME.sub("", _YEAR.sub("", password))
    for row in _ROWS:
        for order in (row, row[::-1]):
            for length in range(len(order), 2, -1):
                for begin in range(len(order) - length + 1):
                    password = password.replace(order[begin : begin + length], "")
    return re.sub(r"(.{1,6}?)\1+", r"\1", password)
