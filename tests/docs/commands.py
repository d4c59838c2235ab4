"""Commands: the code blocks of a page are run, from top to bottom in one shell, in a small world
where nothing is but what the lists below name (world.py). So a program that nobody has classified
is not found, an option that does not exist is refused, and the shell says at which line."""

import os
import re
import subprocess

PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/", "deploy/")

# Run as they are.
RUN = """bash cat cp cut diff env grep gzip head ln mkdir mv openssl rm sed sha256sum sort tail tee
tr zcat""".split()

# Need a network, another machine or a build, and so only stand in: the shell understands the line.
STAND_IN = """buildah cmake ctest curl docker gcloud git helm jq kill kubectl kustomize podman
promtool systemctl""".split()
BUILT = ("build/release/zoom-proxy-bench", "build/release/zoom-simulator",
         "build/dev/tests/rules_test", "build/release/tests/rules_test",
         "build/release/tests/integration/integration_test")

# Blocks that show something else than commands: what they begin with.
DATA = re.compile("|".join((
    r"[{\[<|]",                                  # JSON, HTML, a table
    r"(?:- )?[\w./~-]+:(?: |$)",                 # YAML
    r"- \w",
    r"server/ |YAML --|text --cut|user:read:",   # diagrams of architecture.md, scopes
    r"[A-Z]+ /|HTTP/|\^?/v2/",                   # HTTP
)))

# What a reader puts in by hand.
PLACEHOLDERS = {
    "PSOXY_ZOOM_ACCOUNT_ID": "simulator-account",
    "PSOXY_ZOOM_CLIENT_ID": "simulator-client",
    "PSOXY_ZOOM_CLIENT_SECRET": "simulator-secret",
    "PSOXY_SALT": "salt-of-the-test-0123456789-abcdefg",
    "PSOXY_ENCRYPTION_KEY": "key-of-the-test-0123456789-abcdefgh",
}
# Folders of the root, which the world has below its own.
ROOTS = re.compile(r"(?<![\w.:/-])/(?=(?:run/secrets|etc/zoom-proxy|mnt)\b)")

BEGIN = r"""set -o pipefail -E
trap 'code=$?; echo "@@${BASH_SOURCE[0]##*/}:$LINENO@@ ends with $code" >&2' ERR
command_not_found_handle() {
  echo "$1 is no program that tests/docs/commands.py knows" >&2
  echo "@@page.sh:${BASH_LINENO[0]}@@" >&2
  return 127
}
"""


def is_data(block):
    if block.language:
        return block.language not in ("sh", "bash", "console")
    return bool(DATA.match(next((line for line in block.lines if line.strip()), "")))


def filled_in(line, root):
    """The line as a reader would type it."""
    line = re.sub(r"\b([A-Z_]+)=…", lambda m: f"{m[1]}={PLACEHOLDERS.get(m[1], 'typed')}", line)
    return ROOTS.sub(f"{root}/", line)


def script_of(page, root):
    """The page's commands, each at the line that it has on the page."""
    lines = [""] * (page.prose.count("\n") + 2)
    for block in page.blocks:
        if not is_data(block):
            for number, line in enumerate(block.lines, block.line):
                lines[number - 1] = filled_in(line, root)
    return "\n".join(lines)


def check_page(page, world):
    """Yields (path, line, violation)."""
    root = world.fresh()
    script = script_of(page, root)
    if not script.strip():
        return
    for number, line in enumerate(script.split("\n"), 1):
        if "…" in re.sub(r"(^|\s)#.*|\b[A-Z_]+=\S*…\S*", "", line):
            yield page.path, number, "what is to stand for …? Add it to tests/docs/commands.py"
    file = os.path.join(root, "page.sh")
    start = os.path.join(root, "start.sh")
    for name, text in ((file, script), (start, BEGIN + f". {file}\n")):
        with open(name, "w", encoding="utf-8") as out:
            out.write(text)
    syntax = subprocess.run(["/bin/bash", "-n", file], capture_output=True, text=True, check=False)
    if syntax.returncode != 0:
        line = re.search(r"line (\d+)", syntax.stderr)
        yield page.path, int(line[1]) if line else 1, syntax.stderr.strip().split(": ", 1)[-1]
        return
    try:
        with open(world.typed, encoding="utf-8") as typed:
            done = subprocess.run(["/bin/bash", start], cwd=root, env=world.environment(root),
                                  text=True, stdin=typed, capture_output=True, timeout=120,
                                  check=False)
    except subprocess.TimeoutExpired:
        yield page.path, 1, "its commands do not come to an end"
        return
    faults = list(faults_of(done.stderr))
    failed = os.path.join(root, "failed")
    if not faults and os.path.exists(failed):
        with open(failed, encoding="utf-8") as file:
            faults.append((1, file.read().strip()))
    for line, what in faults:
        yield page.path, line, what


def faults_of(stderr):
    """(line, what) of each command that failed, and what was said before, once for each line."""
    said, lines = [], set()
    for text in stderr.split("\n"):
        failed = re.search(r"@@page.sh:(\d+)@@(.*)", text)
        missing = re.search(r"page.sh: line (\d+): (.*)", text)
        if match := failed or missing:
            if match[1] not in lines:
                yield int(match[1]), " ".join(said[-3:] + [match[2].strip()])
            lines.add(match[1])
            said = []
        elif text.strip() and not text.startswith("@@"):
            said.append(text.strip())


def check_span(text, helps):
    """What is wrong with a command within a text, such as `zoom-proxy check --online`."""
    match = re.match(r"(?:build/release/)?zoom-proxy +([a-z]+)\b(.*)$", text)
    if not match:
        return None
    command, rest = match.groups()
    if command not in helps:
        return f"{text}: there is no command {command}"
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest):
        if option not in helps[command]:
            return f"{text}: {command} has no option {option}"
    return None


def read_helps(program):
    """The options of each command, by what the program itself says."""
    def help_of(*command):
        return subprocess.run([program, *command, "--help"], capture_output=True, text=True,
                              check=True).stdout
    commands = re.findall(r"^  ([a-z]+) {2,}", help_of().split("Subcommands:")[1], re.MULTILINE)
    return {name: set(re.findall(r"--[a-z][a-z-]*", help_of(name))) for name in commands}


def check_scripts(root):
    """Yields (path, line, violation) of the scripts that people start."""
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - {".git", "build", "node_modules"})
        for name in names:
            path = os.path.join(folder, name)
            if not name.endswith(".sh"):
                continue
            if not os.access(path, os.X_OK):
                yield os.path.relpath(path, root), 1, "is not executable"
            syntax = subprocess.run(["/bin/bash", "-n", path], capture_output=True, text=True,
                                    check=False)
            if syntax.returncode != 0:
                yield os.path.relpath(path, root), 1, syntax.stderr.strip()


def check_commands(root, pages, world):
    """Yields (path, line, violation)."""
    yield from check_scripts(root)
    helps = read_helps(world.program)
    for page in pages.values():
        if not page.path.startswith(PAGES):
            continue
        for line, text in page.spans():
            if fault := check_span(text, helps):
                yield page.path, line, fault
        yield from check_page(page, world)
