"""Reads from PromQL which series, labels and values it asks for.

Whether it is PromQL at all is for promtool to say.
"""

import re

TOKEN = re.compile(
    r'(?P<string>"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\')|(?P<range>\[[^\]]*\])'
    r"|(?P<number>\d[\w.]*)|(?P<name>[A-Za-z_:][\w:]*)|(?P<operator>=~|!~|!=|\S)")
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}


class Query:
    """`selectors`: (metric, [(label, operator, value)]); `labels`: those that groupings name."""

    def __init__(self, text):
        self.selectors = []
        self.labels = []
        self._tokens = [(match.lastgroup, match.group()) for match in TOKEN.finditer(text)]
        self._at = 0
        while self._at < len(self._tokens):
            self._step()

    def _peek(self):
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _step(self):
        kind, text = self._tokens[self._at]
        self._at += 1
        if text == "{":
            self.selectors.append(("", self._matchers()))
        if kind != "name" or text in WORDS:
            return
        if text in GROUPINGS and self._peek() == "(":
            self.labels += [name for _, name in self._until(")") if name not in ("(", ",")]
        elif self._peek() == "{":
            self._at += 1
            self.selectors.append((text, self._matchers()))
        elif self._peek() != "(" and self._peek() not in GROUPINGS:
            self.selectors.append((text, []))

    def _until(self, end):
        """The tokens before `end`, which is taken too."""
        begin = self._at
        while self._at < len(self._tokens) and self._peek() != end:
            self._at += 1
        self._at += 1
        return self._tokens[begin:self._at - 1]

    def _matchers(self):
        """What stands in braces, of which the first is taken already."""
        texts = [text for _, text in self._until("}") if text != ","]
        return [(label, operator, unquoted(value))
                for label, operator, value in zip(texts[::3], texts[1::3], texts[2::3])]


def unquoted(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def alternatives(pattern):
    """The parts of a regular expression between its outermost `|`."""
    parts, depth = [""], 0
    for character in pattern:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
