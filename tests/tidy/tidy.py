#!/usr/bin/env python3
"""Checks the style of the house. Usage: tidy.py PROJECT_DIR

Prints one line per violation, "FILE:LINE: what is wrong and what to do", and exits with 1 if any.
docs/hacking.md explains the rules; tidy_test.py shows that each of them bites.
"""

import os
import re
import sys

# The files of the three floors, highest first; a file without extension is a .hpp/.cpp pair. A file
# may include only files further down. A new file gets its row here, where it belongs.
ORDER = """
server/cli/main
server/cli/serve server/cli/check server/cli/sanitize server/cli/explain server/cli/bulk
server/cli/bulk_directory server/cli/bulk_report server/cli/bulk_settings
server/cli/end_at_signals
server/cli/doctor
server/cli/commands server/cli/build_engine server/cli/online_check server/cli/whole_file
server/doctor/examination
server/doctor/way_steps
server/doctor/access_steps
server/doctor/endpoint_steps
server/doctor/account
server/doctor/trial_call
server/doctor/finding
server/app
server/reload
server/admin_port
server/credential_events
server/status
server/listener
server/session
server/bulk_handler
server/event_handler
server/bulk_report
server/proxy_handler
server/outgoing_body
server/client_body
server/admin_handler
server/auth/inbound_auth
server/auth/id_token
server/auth/key_source
server/auth/key_request
server/auth/key_set
server/storage_event
server/auth/strict_json
server/listener_tls
server/degraded
server/request
server/control_fields
server/client_address
server/zoom_probe
server/exchange
server/backoff
server/rate_limiter
server/fair_queue
server/token_cache
server/token_request
server/connection_pool
server/bulk_watch
server/bulk_directory
server/bulk_marker
server/bulk_settings
server/bulk_places
server/bulk_file
server/bulk_job
server/bulk_workers
server/shard
server/answer_sink
server/async_answer
server/response_writer
server/output_file
server/blocking_work
server/headers
server/retry_after
server/accept_encoding
server/trace
server/metrics
server/request_record
server/snapshot
server/drift
server/log
server/done_within
server/flight
server/recent_events
server/process_stats
server/memory_images
server/worker_watch
server/status_page
server/version
server/moment
server/http
server/http_syntax
server/net
server/failure

config/loader
config/file_watch
config/environment
config/setting_list
config/value
config/setting
config/settings
config/ip_block
config/secret

rules/bulk/bulk_explain
rules/bulk/bulk_engine
rules/bulk/record_sanitizer
rules/bulk/csv_records
rules/bulk/array_cutter
rules/bulk/record_passes
rules/bulk/columnar_sanitizer
rules/bulk/bulk_rule_reader
rules/bulk/record_rule_reader
rules/bulk/record_transforms
rules/bulk/columnar_rule_reader
rules/bulk/column_plan
rules/bulk/csv_pieces
rules/bulk/column_hints
rules/bulk/column_key
rules/bulk/field_steps
rules/bulk/row_order
rules/bulk/bulk_sanitizer
rules/bulk/bulk_rules
rules/report
rules/report_example
rules/report_fates
rules/explain
rules/canary
rules/engine
rules/zoom_calls
rules/zoom_api
rules/zoom_scopes
rules/sanitizer
rules/run
rules/choice
rules/compiler
rules/known_keys
rules/findings
rules/constants
rules/program
rules/run_writer
rules/route_table
rules/path_template
rules/rule_reader
rules/schema_reader
rules/request_body
rules/body_tokens
rules/builtin
rules/rule_set
rules/egress_guard
rules/schema
rules/transform
rules/text_transforms
rules/ip_address
rules/look_ahead
rules/json_path

rules/identity/token
rules/identity/cipher
rules/identity/siv
rules/identity/pseudonym
rules/identity/email
rules/identity/pseudonym_shani
rules/identity/sha256
rules/identity/sha1

rules/format/json
rules/format/skip_avx2
rules/format/skip
rules/format/nesting
rules/format/csv
rules/format/gzip_parts
rules/format/gzip_or_plain
rules/format/gzip
rules/format/template
rules/format/yaml
rules/format/regex
rules/format/encoding
rules/format/base64_ssse3
rules/format/scan
rules/format/scan_sse2
rules/format/scan_portable

rules/limits
rules/error
""".split()

FLOORS = ("server/", "config/", "rules/")
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 100

CODE = (".hpp", ".cpp", ".py", ".sh", ".cmake", ".css", ".js", "CMakeLists.txt")
TEXT = CODE + (".md", ".yaml", ".yml", ".json", ".html", "run")
IGNORED_FOLDERS = {".git", "build", "__pycache__"}
DATA_FOLDERS = ("tests/vectors/",)  # bytes as they came

LEFT_FOR_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
PRIVATE_PATH = re.compile(r"(?<![\w.-])/(wo" r"rk|fa" r"rm)/|(?<![\w-])sha" r"red/")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')

# What is not code in C++: raw strings, strings, characters (not digit separators), comments.
NOT_CODE = re.compile(
    r'R"(?P<tag>[^()\\\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


def project_files(root):
    """All text files of the project, relative, sorted."""
    found = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - IGNORED_FOLDERS)
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if path.endswith(TEXT) and not path.startswith(DATA_FOLDERS):
                found.append(path)
    return sorted(found)


def check_lines(path, text):
    """Yields (line number, violation) for what one line alone shows."""
    for number, line in enumerate(text.split("\n"), 1):
        if LEFT_FOR_LATER.search(line):
            yield number, "left for later; do it now, or say it in the issue tracker"
        if PRIVATE_PATH.search(line):
            yield number, "a path of one machine; the repository stands alone"
        if not path.endswith(CODE):
            continue
        if "\t" in line:
            yield number, "tab; indent with spaces"
        if line != line.rstrip():
            yield number, "blanks at the end of the line; remove them"
        if len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns; break the line at {MAX_COLUMNS}"


def check_size(path, text):
    """Yields a violation when a code file is too long or does not end with one line end."""
    if not path.endswith(CODE):
        return
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield lines, f"{lines} lines; make two files of it (at most {MAX_FILE_LINES})"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield lines, "must end with exactly one line end"


def check_includes(path, text):
    """Yields violations of the order of files, which only the floors have."""
    stem = os.path.splitext(path)[0]
    in_floors = path.startswith(FLOORS) and path.endswith((".hpp", ".cpp"))
    if in_floors and stem not in ORDER:
        yield 1, "not in ORDER of tests/tidy/tidy.py; add it where it belongs"
        return
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = os.path.splitext(match.group(1))[0]
        if path.startswith("tests/simulator/") and target.startswith(FLOORS):
            yield number, f"{target}: the simulator shares no code with the product"
        if not in_floors or target == stem:
            continue
        if not target.startswith(FLOORS):
            yield number, f"{match.group(1)}: name it from the project root, as in rules/error.hpp"
        elif target in ORDER and ORDER.index(target) < ORDER.index(stem):
            yield number, f"includes {target}, which is further up; turn the dependency round"


def is_function(header):
    """Whether the text before a `{` that is in no function starts one."""
    if re.match(r"(inline\s+|export\s+)*(namespace|class|struct|enum|union|extern)\b", header):
        return False
    if re.search(r"\]\s*\(.*\)[^=]*$", header, re.DOTALL):
        return True  # a lambda, in a table or behind a `=`
    outside = re.sub(r"\([^()]*\)", "()", header)
    while outside != (flat := re.sub(r"\([^()]*\(\)[^()]*\)", "()", outside)):
        outside = flat
    outside = re.sub(r"operator\s*[=!<>]+|template\s*<[^()]*?>\s*(?=\w)", "", outside)
    return "()" in outside and not re.search(r"=\s*\S*$", outside)


def only_code(text):
    """C++ text, line by line the same, without comments, literals and preprocessor lines."""

    def lines_of(match, stand_in=""):
        return stand_in + "\n" * match.group().count("\n")

    text = NOT_CODE.sub(lambda m: lines_of(m, "" if m.group().startswith("/") else "0"), text)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lines_of, text, flags=re.MULTILINE)


def function_sizes(text):
    """Yields (first line, lines) of every outermost function in C++ text."""
    code = only_code(text)
    stack = []  # for every open brace: the first line of the function it opens, or None
    closed = None  # the same for the brace that was closed just before
    header_start = 0
    for match in re.finditer(r"[{};]", code):
        position, character = match.start(), match.group()
        if character == "{":
            header = code[header_start:position]
            first = None
            if all(outer is None for outer in stack):
                if closed is not None and re.match(r"\s*(,|$)", header):
                    first = closed  # a constructor goes on after a member's `{}`
                elif is_function(header.strip()):
                    blanks = len(header) - len(header.lstrip())
                    first = code.count("\n", 0, header_start + blanks) + 1
            stack.append(first)
            closed = None
        elif character == ";":
            closed = None
        elif stack:
            closed = stack.pop()
            if closed is not None:
                yield closed, code.count("\n", 0, position) + 2 - closed
        header_start = position + 1


def check_functions(path, text):
    """Yields a violation for every function that is too long."""
    if not path.endswith((".hpp", ".cpp")):
        return
    for first, lines in function_sizes(text):
        if lines > MAX_FUNCTION_LINES:
            yield first, f"function of {lines} lines; split it (at most {MAX_FUNCTION_LINES})"


def check_project(root):
    """All violations, as text."""
    violations = []
    for path in project_files(root):
        with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
            text = file.read()
        for check in (check_lines, check_size, check_includes, check_functions):
            violations += [f"{path}:{line}: {what}" for line, what in check(path, text)]
    return violations


def main():
    if len(sys.argv) != 2:
        sys.exit("Usage: tidy.py PROJECT_DIR")
    violations = check_project(sys.argv[1])
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations in {len(project_files(sys.argv[1]))} files")
    sys.exit(1 if violations else 0)


if __name__ == "__main__":
    main()
