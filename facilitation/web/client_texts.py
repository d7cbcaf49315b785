"""The few texts that scripts show; rendered into the page so that they too come from the catalogs."""

from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import lazy_gettext as _l

_TEXTS = {
    "connecting": _l("Connecting…"),
    "live": _l("Connected"),
    "offline": _l("No connection. Keep writing: it is kept here and sent when the line is back."),
    "offline_in_memory": _l(
        "No connection. Leave this page open: this browser keeps what you write no longer than that."
    ),
    "left_signed_out": _l("You are signed out. Sign in again to go on."),
    "left_revoked": _l("Your access to this meeting has ended."),
    "left_draining": _l("The server restarts; back in a moment."),
    "sending": _l("Sending…"),
    "waiting": _l("Kept here; will be sent when the line is back."),
    "saved": _l("Saved"),
    "refused": _l("This could not be done."),
    "too_long": _l("This text is too long to send. Please shorten it."),
    "gave_up": _l("The server could not take this, though it was asked many times. You can send it again."),
    "send_again": _l("Send again"),
    "signed_out_kept": _l("Not sent: you are signed out. It is kept here until you sign in again."),
    "restored": _l("Not sent yet: your text is back."),
    "form_gone": _l("This form was closed before you sent your text. Here it is, to copy."),
    "yes": _l("Yes"),
    "no": _l("Cancel"),
    "copy": _l("Copy"),
    "copied": _l("Copied"),
    "dismiss": _l("Remove from this list"),
    "sign_out": _l(
        "Signing out removes what is not sent yet from this browser, and with it your only way to change your anonymous"
        " contributions. Sign out?"
    ),
    "clock_two_minutes": _l("Two minutes left"),
    "clock_thirty_seconds": _l("Thirty seconds left"),
    "clock_over": _l("Time is up"),
    "on_time": _l("On time"),
    "help_heard": _l("The facilitators see that you ask for help."),
    "help_unheard": _l("No facilitator is at their console just now. Raise your hand, or ask in the video call."),
    "help_wanted": _l("{who} asks for help"),
    "help_done": _l("Done"),
    "machine_asked": _l("The machine is being asked…"),
    "machine_lost": _l("The machine has not answered. Please translate it yourself."),
    "machine_says": _l("The machine suggests:"),
    "machine_check": _l(
        "This is a machine's suggestion. Read it against the original and mend it; readers get it once it is confirmed."
    ),
    "typing": _l("{who} is editing this paragraph just now, in: {language}"),
    "practice_back": _l("It works: your card has been to the server and back, and is gone again."),
    "practice_lost": _l("Your card has not come back. Look at the sign for the connection above, and try again."),
    "looks_like": _l(
        "This looks as if it contained {what}. Others may read it, and it may be printed. Send it all the same?"
    ),
    "looks_like_personal_number": _l("a personal number"),
    "looks_like_birth_date": _l("a date of birth"),
    "looks_like_phone": _l("a phone number"),
    "looks_like_email": _l("an e-mail address"),
    "send_all_the_same": _l("Send it all the same"),
    "mend_it": _l("Mend it"),
    "of_all": _l("{n} of {all}"),
    "slides_page": _l("Page {page} of {pages}"),
    "slides_uploading": _l("Uploading and drawing the pages; this takes a moment…"),
    "slides_lost": _l("The file did not arrive. Look at the sign for the connection, and try again."),
}


def _forms(one: str, other: str) -> dict[str, str]:
    """A text in the plural forms of the reader's language, by the names that ``Intl.PluralRules`` has for them."""
    locale = get_locale()
    rule = locale.plural_form if locale is not None else lambda n: "one" if n == 1 else "other"
    examples: dict[str, int] = {}
    for number in range(101):
        examples.setdefault(str(rule(number)), number)
    return {name: ngettext(one, other, number, n="{n}", of="{of}") for name, number in examples.items()}


def client_texts() -> dict[str, Any]:
    """Key → text for the reader's language; what has plural forms is a map from form to text."""
    return {
        **{key: str(text) for key, text in _TEXTS.items()},
        "seen": _forms("Saved · seen by %(n)s of %(of)s", "Saved · seen by %(n)s of %(of)s"),
        "behind": _forms("%(n)s minute behind plan", "%(n)s minutes behind plan"),
        "behind_today_not": _forms(
            "%(n)s minute behind; the day ends as planned", "%(n)s minutes behind; the day ends as planned"
        ),
        "selected": _forms("%(n)s selected", "%(n)s selected"),
        "ahead": _forms("%(n)s minute ahead of plan", "%(n)s minutes ahead of plan"),
        "held_back": _forms("Go on (%(n)s change)", "Go on (%(n)s changes)"),
        "presence": _forms("%(n)s person here", "%(n)s people here"),
        "new_contributions": _forms("%(n)s new contribution", "%(n)s new contributions"),
    }
