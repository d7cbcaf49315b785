"""What a browser without scripts makes of a page: its forms, and what they send."""

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import html5lib
from werkzeug.datastructures import MultiDict

from tests.conftest import Person


@dataclass
class Form:
    """A form as it stands on a page."""

    id: str
    command: str
    method: str
    action: str
    fields: list[tuple[str, str]]

    @property
    def values(self) -> dict[str, str]:
        """Its fields by name; of those that repeat, the last."""
        return dict(self.fields)


def parse(html: str) -> Any:
    """The page as a tree; fails when its markup is not what browsers agree about."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    assert not parser.errors, parser.errors[:3]
    return tree


def forms_of(html: str, having: str = "") -> list[Form]:
    """All forms of a page whose markup has this text in it."""
    return [_form(markup) for markup in re.findall(r"<form\b.*?</form>", html, re.DOTALL) if having in markup]


def form_of(html: str, wanted: str) -> Form:
    """The form with this id, or the first that gives this command."""
    found = [form for form in forms_of(html, f'"{wanted}"') if wanted in (form.id, form.command)]
    assert found, f"no form {wanted}"
    return found[0]


def _form(markup: str) -> Form:
    form = next(html5lib.parseFragment(markup, namespaceHTMLElements=False).iter("form"))
    return Form(
        form.get("id", ""),
        form.get("data-command", ""),
        form.get("method", "get"),
        form.get("action", "").partition("#")[0],
        list(_successful(form)),
    )


def _successful(form: ElementTree.Element) -> Any:
    for field in form.iter():
        name, kind = field.get("name"), field.get("type", "text")
        if not name or "disabled" in field.attrib:
            continue
        if field.tag == "textarea":
            yield name, field.text or ""
        elif field.tag == "select":
            options = list(field.iter("option"))
            chosen = [option for option in options if "selected" in option.attrib] or options[:1]
            yield from ((name, option.get("value", option.text or "")) for option in chosen)
        elif field.tag == "input" and (kind not in ("checkbox", "radio") or "checked" in field.attrib):
            yield name, field.get("value", "")


def submit(person: Person, form: Form, page: str = "settings", **changes: Any) -> Any:
    """Posts a form as it stands, with these changes: ``__`` for a dot, a list for a field that repeats, ``None`` for none."""
    data = MultiDict(form.fields)
    for name, value in changes.items():
        key = name.replace("__", ".")
        if value is None:
            data.poplist(key)
        else:
            data.setlist(key, value if isinstance(value, list) else [str(value)])
    return person.client.post(
        form.action, data=data, headers={"Referer": f"http://localhost/w/{person.meeting.slug}/{page}"}
    )
