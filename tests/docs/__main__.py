"""``python -m tests.docs``: write anew what the documentation shows from the code.

With ``--demo`` also what the demo prints, which takes half a minute.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.docs import demo
from tests.docs.pages import REPOSITORY, filled, pages
from tests.docs.reference import WRITTEN


def main() -> None:
    """Write the pages, and say which have changed."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="also run the demo and show it anew")
    written = dict(WRITTEN)
    if parser.parse_args().demo:
        with tempfile.TemporaryDirectory(prefix="almareplay-docs-") as folder:
            written |= demo.written(demo.real_demo(Path(folder)))
    for page in pages():
        before = page.read_text("utf-8")
        after = filled(before, written)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"written: {page.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
