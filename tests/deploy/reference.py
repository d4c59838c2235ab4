"""The names that docs/reference.md promises."""

import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/reference.md")
with open(PATH, encoding="utf-8") as page:
    TEXT = page.read()


def settings():
    """The rows of the table of settings: key, default and the variables that set it."""
    rows = {}
    row = r"^\| `([a-z0-9_.]+)` \| (.*?) \| (.*?) \| (.*?) ?\|$"
    for key, default, meaning, aliases in re.findall(row, TEXT, re.MULTILINE):
        names = ["ZOOM_PROXY_" + key.replace(".", "_").upper(), *re.findall(r"`(\w+)`", aliases)]
        if "also `_file`" in meaning:
            names += [name + "_FILE" for name in names]
        rows[key] = {"default": default.strip("`"), "variables": names}
    return rows


SETTINGS = settings()
VARIABLES = {name for row in SETTINGS.values() for name in row["variables"]}


def default(key):
    return float(SETTINGS[key]["default"])


def keys(node, path=""):
    """The settings of a settings file: listen.port and so on."""
    for name, value in node.items():
        if isinstance(value, dict):
            yield from keys(value, f"{path}{name}.")
        else:
            yield path + name
