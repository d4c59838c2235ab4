#!/usr/bin/env python3
"""Checks that the pages are true. Usage: docs_test.py PROJECT_DIR ZOOM_PROXY ZOOM_SIMULATOR

Links lead somewhere (links.py), commands run (commands.py), names exist (names.py). Prints one line
per violation, "FILE:LINE: what is wrong", and exits with 1 if any; self_test.py shows that each
of them bites.
"""

import sys
import tempfile

from commands import check_commands
from links import check_links
from markdown import read_pages
from names import check_names
from world import World


def check_project(root, program, simulator):
    """All violations, as text."""
    pages = read_pages(root)
    found = [*check_links(root, pages), *check_names(root, pages)]
    with tempfile.TemporaryDirectory() as scratch:
        with World(root, program, simulator, scratch) as world:
            found += check_commands(root, pages, world)
    return [f"{path}:{line}: {what}" for path, line, what in sorted(found)]


def main():
    if len(sys.argv) != 4:
        sys.exit("Usage: docs_test.py PROJECT_DIR ZOOM_PROXY ZOOM_SIMULATOR")
    violations = check_project(*sys.argv[1:])
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations in {len(read_pages(sys.argv[1]))} pages")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
