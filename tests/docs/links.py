"""Links: each leads to a file that is there, with an anchor to a heading there; each page can be
reached from README.md."""

import os
import re
import urllib.parse

EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)

ENTRANCE = "README.md"
REACHABLE = ("docs/", "deploy/")  # pages below these are for people who came by links


def resolve(path, target):
    """(path, anchor) of a relative link on the page `path`."""
    name, _, anchor = target.partition("#")
    name = urllib.parse.unquote(name)
    joined = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    return joined, anchor


def index_of(path, pages):
    """A folder is read by its README."""
    inner = os.path.join(path, "README.md")
    return inner if path not in pages and inner in pages else path


def check_link(root, pages, page, target):
    """What is wrong with one link, or nothing."""
    path, anchor = resolve(page.path, target)
    if path.startswith("..") or os.path.isabs(path):
        return f"{target}: leads out of the repository"
    if not os.path.exists(os.path.join(root, path)):
        return f"{target}: there is no {path}"
    path = index_of(path, pages)
    if anchor and path in pages and anchor not in pages[path].anchors():
        return f"{target}: {path} has no heading with the anchor #{anchor}"
    return None


def check_links(root, pages):
    """Yields (path, line, violation)."""
    for page in pages.values():
        for line, target in page.links():
            if not EXTERNAL.match(target) and (fault := check_link(root, pages, page, target)):
                yield page.path, line, fault
    reached, queue = set(), [ENTRANCE]
    while queue:
        path = index_of(queue.pop(), pages)
        if path in reached or path not in pages:
            continue
        reached.add(path)
        for _, target in pages[path].links():
            if not EXTERNAL.match(target):
                queue.append(resolve(path, target)[0])
    for path in pages:
        if path.startswith(REACHABLE) and path not in reached:
            yield path, 1, f"no chain of links leads here from {ENTRANCE}"
