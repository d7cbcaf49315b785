"""``python -m tests.bench [--mode eventlet|threading] [--only abcdefghi] [--json FILE]``: a table of figures, and JSON."""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("SECRET_KEY", "b" * 40)

from tests.bench.measures import measure_all


def _lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, figures in found.items():
        rows = figures.items() if all(isinstance(value, dict) for value in figures.values()) else [("", figures)]
        for part, row in rows:
            words = "  ".join(f"{key} {value:g}" for key, value in row.items())
            lines.append(f"{name + (' ' + part if part else ''):44} {words}")
    return lines


def main() -> None:
    """Measures, prints the table, writes the JSON."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--mode", default="eventlet", choices=("eventlet", "threading"))
    parser.add_argument("--only", default="abcdefghi", help="letters of the figures to measure")
    parser.add_argument("--json", type=Path, help="where to write the figures; printed when not given")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facilitation-bench-") as folder:
        os.environ["INSTANCE_DIR"] = folder
        found = measure_all(Path(folder), chosen.mode, chosen.only)
    print("\n".join(_lines(found)))
    text = json.dumps({"mode": chosen.mode, "figures": found}, indent=2)
    if chosen.json is None:
        print(text)
    else:
        chosen.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
