#!/usr/bin/env python3
"""Shows that docs_test.py catches each kind of violation and leaves sound pages alone.
Usage: self_test.py ZOOM_PROXY ZOOM_SIMULATOR"""

import os
import sys
import tempfile
import unittest

import docs_test
from markdown import Page

REFERENCE = """# Reference

[Back](../README.md)

## Commands

| command | does | exit codes |
|---|---|---|
| `zoom-proxy check` | Validates. | 0 all is well, 1 not |

## Settings

| key | default | meaning | further names |
|---|---|---|---|
| `zoom.account_id` |  | Account; also `_file` | `PSOXY_ZOOM_ACCOUNT_ID` |
| `rules.file` | `zoom` | Rules | `RULES` |

### Failures

| `X-Psoxy-Error` | status | when |
|---|---|---|
| `API_ERROR` | Zoom's | Zoom refused. |

## Metrics

| `zoom_proxy_requests_total` | `route` | Requests |
"""
README = "# A page\n\nTo [reference](docs/reference.md#failures).\n"


def violations(files):
    """What the test says of a project that consists of a sound one and `files` (path -> text)."""
    with tempfile.TemporaryDirectory() as root:
        sound = {"README.md": README, "docs/reference.md": REFERENCE, "rules/zoom.yaml": ""}
        for path, text in {**sound, **files}.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
            if path.endswith("run.sh"):
                os.chmod(full, 0o755)
        return docs_test.check_project(root, *programs)


class DocsTest(unittest.TestCase):
    def expect(self, more, *expected, **files):
        """`more` is put at the end of README.md."""
        paths = {name.replace("__", "/") + (".sh" if name.startswith("deploy") else ".md"): text
                 for name, text in files.items()}
        found = violations({"README.md": README + more, **paths})
        self.assertEqual(len(found), len(expected), found)
        for violation, part in zip(found, expected):
            self.assertIn(part, violation)

    def test_a_sound_project_passes(self):
        self.expect("")

    def test_links(self):
        self.expect("[a](docs/none.md)\n", "README.md:4: docs/none.md: there is no docs/none.md")
        self.expect("![a\nb](docs/none.png)\n", "README.md:5: docs/none.png")
        self.expect('<img src="none.png">\n', "README.md:4: none.png")
        self.expect("[a](docs/reference.md#none)\n", "README.md:4: docs/reference.md#none")
        self.expect("[a](#none)\n", "no heading with the anchor #none")
        self.expect("[a](../x.md)\n", "leads out of the repository")
        self.expect("[a](https://nowhere.invalid/) `[a](b)` [a](docs) [b](#a-page)\n")
        self.expect("\n    [a](none.md):\n")

    def test_pages_that_nobody_finds(self):
        self.expect("", "docs/lost.md:1: no chain of links", docs__lost="# Lost\n")

    def test_anchors_are_those_of_github(self):
        page = Page("a.md", "# `a.b`: What's *new*, and_so on?\n\n## A [link](x.md)\n\n# A link\n")
        self.assertEqual(page.anchors(), {"ab-whats-new-and_so-on", "a-link", "a-link-1"})

    def test_options_that_do_not_exist(self):
        self.expect("\n    zoom-proxy explain\n    zoom-proxy explain --nonsense\n",
                    "README.md:6: The following argument was not expected: --nonsense")
        self.expect("`zoom-proxy explain --nonsense`\n", "explain has no option --nonsense")
        self.expect("\n    zoom-proxy explain --nonsense && true\n",
                    "zoom-proxy explain --nonsense ends with 2")
        self.expect("`zoom-proxy nonsense`\n", "there is no command nonsense")

    def test_commands_that_fail(self):
        self.expect("\n1. Do\n\n       build/release/zoom-proxy explain --rules none.yaml\n",
                    "README.md:7: no rules at")
        self.expect("\n    openssl rand -nonsense 3\n", "README.md:5: ")
        self.expect("\n```sh\nzoom-proxy sanitize --url /v2/users <none.json\n```\n", "none.json")

    def test_commands_that_nobody_has_classified(self):
        self.expect("\n    frobnicate --all\n",
                    "README.md:5: frobnicate is no program that tests/docs/commands.py knows")
        self.expect("\n    A=$(frobnicate) && echo $A\n", "README.md:5: frobnicate is no")
        self.expect("\n    docker x | frobnicate\n", "frobnicate is no program")
        self.expect("\n    curl -s https://nowhere.invalid/ |\n      jq .a >b.json\n")

    def test_commands_that_gcloud_would_not_take(self):
        list_them = "\n    gcloud run revisions list"
        self.expect(list_them + " --region=europe-west1\n")
        self.expect(list_them + "\n", "README.md:5: gcloud run revisions list: --region= is miss")
        self.expect(list_them + ' --region="$REGION"\n', "--region= is empty")
        self.expect(list_them + " --region=a --zone=b | cat\n", "it has no flag --zone=")
        self.expect("\n    gcloud frobnicate\n", "gcloud frobnicate: no command")

    def test_commands_that_the_shell_does_not_understand(self):
        self.expect("\n    docker x 'y\n", "README.md:5: ")
        self.expect("\n    docker x &&\n\nText.\n", "syntax error")

    def test_what_is_to_be_put_in_by_hand(self):
        self.expect("\n    export PROJECT=… A=x@….b\n    docker …\n",
                    "README.md:6: what is to stand")

    def test_scripts(self):
        self.expect("\n    deploy/none.sh\n", "README.md:5: ")
        self.expect("\n    deploy/run.sh\n", deploy__run="#!/bin/bash\n")
        self.expect("", "deploy/run.sh:1: ", deploy__run="if\n")
        self.expect("", "deploy/idle.sh:1: is not executable", deploy__idle="true\n")

    def test_the_state_of_a_page_lasts_from_block_to_block(self):
        self.expect("\n    export A=users.json\n\nThen\n\n    cat $A /mnt/in/metrics.csv\n")

    def test_a_server_is_started_and_stopped(self):
        mode = "    export ZOOM_PROXY_INBOUND_AUTH_MODE=platform\n"
        secrets = "".join(f"    export PSOXY_{name}=…\n" for name in (
            "SALT", "ENCRYPTION_KEY", "ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"))
        names = "\n".join(f"`PSOXY_{n}`" for n in ("SALT", "ENCRYPTION_KEY", "ZOOM_CLIENT_ID",
                                                   "ZOOM_CLIENT_SECRET"))
        reference = REFERENCE + names + "\n`ZOOM_PROXY_INBOUND_AUTH_MODE`\n"
        run = "    zoom-proxy check --online\n    zoom-proxy serve\n"
        self.expect("\n" + mode + secrets + run, docs__reference=reference)
        self.expect("\n" + secrets + run, "README.md:10: inbound_auth.mode is missing",
                    "README.md:11: inbound_auth.mode is missing", docs__reference=reference)

    def test_data_is_no_command(self):
        self.expect("\n    rules: {}\n\nor\n\n    {\"a\": 1}\n\nor\n\n```json\nx\n```\n")

    def test_names(self):
        self.expect("`zoom.none`, `zoom.account_id_file`, `rules.file: zoom`, `zoom.*`, `rules.md`"
                    "\n", "README.md:4: zoom.none: no such setting")
        self.expect("PSOXY_NONE and `ZOOM_PROXY_ZOOM_ACCOUNT_ID_FILE`\n", "PSOXY_NONE: no such var")
        self.expect("`zoom_proxy_none_total`\n", "zoom_proxy_none_total: no such metric")
        self.expect("\n    a: sum(zoom_proxy_none)\n", "README.md:5: zoom_proxy_none: no such metr")
        self.expect("exit code 7, exit code 1\n", "7: no such exit code")

    def test_error_texts(self):
        def said_of(text):
            return violations({
                "README.md": README + "[t](docs/ops/troubleshooting.md)\n",
                "server/a.cpp": 'f("API_ERROR", "the name " + x + " is "\n  "not there");\n',
                "docs/ops/troubleshooting.md": f"| says |\n|---|\n| `{text}` | |\n"})

        self.assertEqual(said_of("API_ERROR`, `the name … is not there"), [])
        self.assertEqual(said_of("API_ERROR`, `the name … is gone"),
                         ["docs/ops/troubleshooting.md:3: no source says: is gone"])
        self.assertEqual(said_of("the name"), [
            "docs/ops/troubleshooting.md:1: API_ERROR of docs/reference.md has no row"])


if __name__ == "__main__":
    programs = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
