"""Names: settings, variables, metrics and exit codes that a page tells of stand in
docs/reference.md; error texts that docs/ops/troubleshooting.md quotes stand in the sources."""

import os
import re

from commands import PAGES

REFERENCE = "docs/reference.md"
TROUBLESHOOTING = "docs/ops/troubleshooting.md"
FLOORS = ("server", "config", "rules")

# Names with our prefix that are no settings: of the build and of the tests.
OTHERS = {"ZOOM_PROXY_BUILD", "ZOOM_PROXY_TESTS", "ZOOM_PROXY_COMMIT"}
# Names with a dot that look like settings: of hosts.
HOSTS = {"zoom.us"}

VARIABLE = re.compile(r"\b(?:ZOOM_PROXY|PSOXY)_[A-Z0-9_]*[A-Z0-9]\b(?!…)")
METRIC = re.compile(r"\bzoom_proxy_[a-z_]*[a-z]\b")
EXIT_CODE = re.compile(r"\bexit code (?:is )?(\d+)|\bends with (\d+)(?= |[,.;])")
ROW = re.compile(r"^\| `([a-z_]+(?:\.[a-z0-9_]+)*)` \| [^|]*\| ([^|]*)\|([^|]*)\|$", re.MULTILINE)


class Names:
    """What docs/reference.md promises."""

    def __init__(self, page):
        section = page.prose.split("\n## Settings", 1)[-1].split("\n## ", 1)[0]
        self.variables = set(VARIABLE.findall(page.prose)) | OTHERS
        self.keys = set()
        for key, meaning, further in ROW.findall(section):
            names = re.findall(r"`([A-Z_]+)`", further)
            names.append("ZOOM_PROXY_" + key.upper().replace(".", "_"))
            self.keys.add(key)
            if "`_file`" in meaning:
                self.keys.add(key + "_file")
                names += [name + "_FILE" for name in names]
            self.variables.update(names)
        self.blocks = {key.split(".")[0] for key in self.keys if "." in key}
        self.spans = {text for _, text in page.spans()}
        self.metrics = set(METRIC.findall(page.prose))
        commands = page.prose.split("\n## Commands", 1)[-1].split("\n## ", 1)[0]
        codes = re.findall(r"^\| `zoom-proxy.*\| ([^|]*)\|$", commands, re.MULTILINE)
        self.exit_codes = {code for cell in codes for code in re.findall(r"\b\d\b", cell)}
        failures = page.prose.split("\n### Failures", 1)[-1].split("\n## ", 1)[0]
        self.causes = re.findall(r"^\| `([A-Z_]+)` \|", failures, re.MULTILINE)

    def knows_key(self, text):
        """Whether a code span that looks like a setting is one, or a block of them."""
        match = re.match(r"([a-z_]+)((?:\.[a-z0-9_]+)+|\.\*)(?::.*|\.\*)?$", text)
        if not match or match.group(1) not in self.blocks or text in self.spans | HOSTS:
            return True
        if text.split(":")[0].endswith((".yaml", ".json", ".md", ".csv", ".html")):
            return True
        key = text.split(":")[0].removesuffix(".*")
        return key in self.keys or any(known.startswith(key + ".") for known in self.keys)

    def knows_metric(self, name):
        return name in self.metrics or re.sub(r"_(bucket|count|sum)$", "", name) in self.metrics


def check_page(page, names):
    """Yields (path, line, violation)."""
    for line, text in page.spans():
        if not names.knows_key(text):
            yield page.path, line, f"{text}: no such setting in {REFERENCE}"
    texts = [(page.prose, 1)] + [("\n".join(block.lines), block.line) for block in page.blocks]
    for text, first in texts:
        for pattern, known, what in ((VARIABLE, names.variables.__contains__, "variable"),
                                     (METRIC, names.knows_metric, "metric"),
                                     (EXIT_CODE, names.exit_codes.__contains__, "exit code")):
            for match in pattern.finditer(text):
                name = next((group for group in match.groups() if group), match.group())
                if not known(name):
                    line = first + text.count("\n", 0, match.start())
                    yield page.path, line, f"{name}: no such {what} in {REFERENCE}"


def source_texts(root):
    """All C++ sources and rules as one text, in which texts in pieces have been joined."""
    found = []
    for floor in FLOORS:
        for folder, _, names in os.walk(os.path.join(root, floor)):
            for name in names:
                if name.endswith((".cpp", ".hpp")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        found.append(file.read())
    return re.sub(r'(?<!\\)"\s*\n\s*"', "", "\n".join(found)).replace('\\"', '"')


def check_error_texts(page, names, root):
    """Yields (path, line, violation): what the first column of a table quotes must be said
    somewhere (`…` stands for what varies), and no cause may lack its row."""
    sources = source_texts(root)
    rows = [(number, line.split(" | ")[0]) for number, line in
            enumerate(page.prose.split("\n"), 1) if line.startswith("| ")]
    for number, cell in rows:
        for text in re.findall(r"`([^`]+)`", cell):
            for piece in re.split(r"\s*…\s*", text):
                if piece and piece not in sources:
                    yield page.path, number, f"no source says: {piece}"
    for cause in names.causes:
        if not any(f"`{cause}`" in cell for _, cell in rows):
            yield page.path, 1, f"{cause} of {REFERENCE} has no row"


def check_names(root, pages):
    """Yields (path, line, violation)."""
    names = Names(pages[REFERENCE])
    for page in pages.values():
        if page.path.startswith(PAGES) and page.path != REFERENCE:
            yield from check_page(page, names)
    if TROUBLESHOOTING in pages:
        yield from check_error_texts(pages[TROUBLESHOOTING], names, root)
