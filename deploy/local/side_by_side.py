#!/usr/bin/env python3
"""Shows a JSON document before and after sanitizing in two columns.

Usage: side_by_side.py BEFORE_FILE AFTER_FILE. The sign between the columns says what became of a
value: `-` removed, `~` changed, nothing: the same. On a terminal the two also have colours.
"""

import json
import shutil
import sys

RED, YELLOW, PLAIN = "\033[31m", "\033[33m", "\033[0m"
NOTHING = object()  # where the other side has no such value


def rows(before, after, label="", indent=0):
    """Yields (left text, right text) line by line, equal places beside each other."""
    pad = "  " * indent
    if isinstance(before, dict) and isinstance(after, dict):
        yield f"{pad}{label}{{", f"{pad}{label}{{"
        for key in {**before, **after}:
            yield from rows(before.get(key, NOTHING), after.get(key, NOTHING),
                            f"{json.dumps(key)}: ", indent + 1)
        yield f"{pad}}}", f"{pad}}}"
    elif isinstance(before, list) and isinstance(after, list):
        yield f"{pad}{label}[", f"{pad}{label}["
        for index in range(max(len(before), len(after))):
            yield from rows(before[index] if index < len(before) else NOTHING,
                            after[index] if index < len(after) else NOTHING, "", indent + 1)
        yield f"{pad}]", f"{pad}]"
    else:
        left, right = lines(before, label, pad), lines(after, label, pad)
        for index in range(max(len(left), len(right))):
            yield (left[index] if index < len(left) else "",
                   right[index] if index < len(right) else "")


def lines(value, label, pad):
    """The lines of a value that has no counterpart to walk along with."""
    if value is NOTHING:
        return []
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return [pad + line for line in (label + text).split("\n")]


def cut(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"


def main():
    if len(sys.argv) != 3:
        sys.exit("Usage: side_by_side.py BEFORE_FILE AFTER_FILE")
    documents = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            documents.append(json.load(file))
    width = (shutil.get_terminal_size((132, 24)).columns - 3) // 2
    in_colour = sys.stdout.isatty()
    for left, right in rows(*documents):
        sign, colour = " ", ""
        if left != right:
            sign, colour = ("~", YELLOW) if left and right else ("-", RED)
        line = f"{cut(left, width):{width}} {sign} {cut(right, width)}".rstrip()
        print(f"{colour}{line}{PLAIN}" if in_colour and colour else line)


if __name__ == "__main__":
    main()
