"""Markdown as far as our pages use it: headings, links, code blocks, code spans; all with lines."""

import os
import re

IGNORED_FOLDERS = {".git", "build", "__pycache__", "node_modules"}

FENCE = re.compile(r"^( *)(```+|~~~+)\s*(\S*)")
LIST_ITEM = re.compile(r"^( *)(?:[-*+]|\d+[.)]) +")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^\s()<>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HTML_LINK = re.compile(r"\b(?:src|srcset|href)=\"([^\"\s]+)")


class Block:
    """A code block: its first line's number, its lines without indentation, its language."""

    def __init__(self, line, indent, language=""):
        self.line, self.indent, self.language = line, indent, language
        self.lines = []


class Page:
    """One page: `path` in the project, and `prose`, its text with the code blocks blanked."""

    def __init__(self, path, text):
        self.path = path
        self.blocks = []
        self.prose = self._take_blocks(text.split("\n"))

    def line_of(self, position):
        return self.prose.count("\n", 0, position) + 1

    def spans(self):
        """Yields (line, text) of each code span."""
        for match in SPAN.finditer(self.prose):
            yield self.line_of(match.start()), " ".join(match.group(2).split())

    def links(self):
        """Yields (line, target) of each link and image."""
        prose = SPAN.sub(lambda m: re.sub(r"[^\n]", "x", m.group()), self.prose)
        for pattern in (LINK, REFERENCE, HTML_LINK):
            for match in pattern.finditer(prose):
                yield self.line_of(match.start()), match.group(1)

    def anchors(self):
        """The names by which GitHub lets one link to the headings."""
        found = {}
        for heading in re.findall(r"^#{1,6} +(.+?)(?: +#+)? *$", self.prose, re.MULTILINE):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
            name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            seen = found.get(name, 0)
            found[name] = seen + 1
            if seen:
                found[f"{name}-{seen}"] = 1
        return set(found)

    def _take_blocks(self, lines):
        """Moves the code blocks out of `lines`; returns the rest, line by line the same."""
        prose = []
        block = None
        fence = None
        content = 0  # where the text of the list item begins that we are in
        blank_before = True
        for number, line in enumerate(lines, 1):
            indent = len(line) - len(line.lstrip(" "))
            opening = FENCE.match(line)
            keep = ""
            if fence is not None:
                if opening and line.strip() == fence:
                    fence = block = None
                else:
                    block.lines.append(line[min(indent, block.indent):])
            elif opening and not (block and indent >= block.indent):
                fence = opening.group(2)
                block = Block(number + 1, len(opening.group(1)), opening.group(3))
                self.blocks.append(block)
            elif not line.strip():
                if block is not None:
                    block.lines.append("")
            elif block is not None and indent >= block.indent:
                block.lines.append(line[block.indent:])
            else:
                block = None
                if blank_before and indent < content:
                    content = 0
                if blank_before and indent >= content + 4:
                    block = Block(number, content + 4)
                    block.lines.append(line[block.indent:])
                    self.blocks.append(block)
                else:
                    keep = line
                    if item := LIST_ITEM.match(line):
                        content = len(item.group())
            blank_before = not line.strip()
            prose.append(keep)
        return "\n".join(prose)


def read_pages(root):
    """All pages of the project by path."""
    pages = {}
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - IGNORED_FOLDERS)
        for name in sorted(names):
            if name.endswith(".md"):
                path = os.path.relpath(os.path.join(folder, name), root)
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    pages[path] = Page(path, file.read())
    return pages
