"""What is told of an error: where it came to pass and of which kind. What the error itself says may be what people wrote."""

import traceback


def told_of(error: BaseException | None) -> str:
    """The error's trace, and before it those of the errors that led to it: files, lines, functions and kinds. Of its words only
    the system's own (of a full disk, say) and what our code noted beside it."""
    found: list[str] = []
    while error is not None:
        said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        notes = [f"\n{note}" for note in getattr(error, "__notes__", ())]
        frames = traceback.format_tb(error.__traceback__)
        found.append("".join(["Traceback (most recent call last):\n", *frames, type(error).__qualname__, said, *notes]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(reversed(found))
