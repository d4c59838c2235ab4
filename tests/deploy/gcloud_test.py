#!/usr/bin/env python3
"""Does the stand-in refuse what gcloud would, and does gcloud have what the stand-in takes?"""

import contextlib
import io
import os
import runpy
import shutil
import unittest

import gcloud_commands

GCLOUD = os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("gcloud") or "/x/x")))
COMPLETIONS = os.path.join(GCLOUD, "data/cli/gcloud_completions.py")
SCHEDULER = ("scheduler jobs create http nightly --location=europe-west1 --uri=https://a.example "
             "--schedule=daily")


class Gcloud(unittest.TestCase):
    def refused(self, line):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit):
            gcloud_commands.parse(line.split())
        return said.getvalue()

    def test_it_takes_a_sound_command(self):
        command, words, flags = gcloud_commands.parse((SCHEDULER + " --quiet").split())
        self.assertEqual(command, "scheduler jobs create http")
        self.assertEqual(words, ["nightly"])
        self.assertEqual(flags["location"], "europe-west1")

    def test_it_refuses_others(self):
        self.assertIn("no command", self.refused("scheduler jobs made http nightly"))
        self.assertIn("no flag --zone=", self.refused(SCHEDULER + " --zone=a"))
        self.assertIn("no flag --quiet=", self.refused(SCHEDULER + " --quiet=yes"))
        self.assertIn("--location= is empty", self.refused(SCHEDULER + " --location="))
        self.assertIn("it takes 1 to 1 words, not 2", self.refused(SCHEDULER + " another"))
        for flag in ("--location", "--uri", "--schedule"):
            line = " ".join(word for word in SCHEDULER.split() if not word.startswith(flag))
            self.assertIn(f"{flag}= is missing", self.refused(line))

    @unittest.skipUnless(os.path.exists(COMPLETIONS), "no gcloud to compare with")
    def test_gcloud_has_them(self):
        tree = runpy.run_path(COMPLETIONS)["STATIC_COMPLETION_CLI_TREE"]
        everywhere = tree["flags"]
        for command, (_, _, _, flags) in gcloud_commands.commands().items():
            node = tree
            for word in command.split():
                self.assertIn(word, node["commands"], command)
                node = node["commands"][word]
            known = {**everywhere, **node["flags"]}
            for flag in flags | gcloud_commands.EVERYWHERE:
                name = flag.rstrip("=")
                self.assertIn(name, known, command)
                self.assertEqual(known[name] == "bool", name == flag, f"{command} {flag}")


if __name__ == "__main__":
    unittest.main()
