"""A program: makes an instance with several meetings and accounts, in one go; prints who has which link."""

import json
import sys
from typing import Any

from facilitation import create_app


def main() -> None:
    """``[command line, …]`` comes in as JSON, each a list of words; the JSON answers go out as a list."""
    app = create_app()
    runner = app.test_cli_runner()
    answers: list[Any] = []
    for words in json.load(sys.stdin):
        with app.app_context():
            done = runner.invoke(args=words)
        assert done.exit_code == 0, (words, done.output)
        answers.append(json.loads(done.stdout) if "--json" in words else None)
    print(json.dumps(answers))  # noqa: T201 - it is a program


if __name__ == "__main__":
    main()
