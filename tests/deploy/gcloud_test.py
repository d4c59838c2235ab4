#!/usr/bin/env python3
"""Does the stand-in refuse what gcloud would, and does gcloud have what the stand-in takes? Does
the page of Cloud Run name the roles for what it tells people to do, and build the image as it
says?"""

import contextlib
import io
import os
import re
import runpy
import shutil
import subprocess
import unittest

import yaml

import gcloud_commands

GCLOUD = os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("gcloud") or "/x/x")))
COMPLETIONS = os.path.join(GCLOUD, "data/cli/gcloud_completions.py")
SCHEDULER = ("scheduler jobs create http nightly --location=europe-west1 --uri=https://a.example "
             "--schedule=daily")

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PLACES = ("docs/ops/cloud-run.md", "docs/bulk.md", "deploy/cloud-run/README.md",
          "deploy/cloud-run/deploy.sh")
# What one must be to use a group of gcloud's commands.
ROLES = {
    "artifacts": {"artifactregistry.admin"}, "auth": set(), "config": set(),
    "builds": {"cloudbuild.builds.editor", "storage.admin"}, "eventarc": {"eventarc.admin"},
    "iam": {"iam.serviceAccountAdmin"}, "logging": {"logging.configWriter"},
    "projects": {"resourcemanager.projectIamAdmin"},
    "run": {"run.admin", "iam.serviceAccountUser"}, "scheduler": {"cloudscheduler.admin"},
    "secrets": {"secretmanager.admin"}, "services": {"serviceusage.serviceUsageAdmin"},
    "storage": {"storage.admin"},
}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Pages(unittest.TestCase):
    def test_the_page_has_a_role_for_each_command(self):
        listed = set(re.findall(r"`roles/([\w.]+)`", read(PLACES[0]).partition("## Roles")[2]))
        for place in PLACES:
            groups = re.findall(r"(?:^ *|[(|] *)gcloud ([a-z]+)", read(place), re.MULTILINE)
            self.assertGreater(len(groups), 3, place)
            for group in groups:
                self.assertLessEqual(ROLES[group], listed, f"{place}: gcloud {group}")

    def test_cloud_build_gets_all_that_its_steps_use(self):
        build = yaml.safe_load(read("deploy/cloud-run/cloudbuild.yaml"))
        (step,) = build["steps"]
        self.assertEqual(step["args"][:3], ["build", "--build-arg", "COMMIT=$_COMMIT"])
        used = set(re.findall(r"\$(\w+)", yaml.safe_dump(build)))
        self.assertEqual(used, {"_IMAGE", "_COMMIT"})
        for page in ("docs/ops/cloud-run.md", "deploy/cloud-run/README.md"):
            (command,) = re.findall(r"gcloud builds submit (?:.*\\\n)+.*", read(page))
            self.assertIn("--config=deploy/cloud-run/cloudbuild.yaml", command)
            self.assertEqual(set(re.findall(r"[=,](_\w+)=", command)), used, page)

    def test_an_image_built_here_is_for_the_processors_of_cloud_run(self):
        for place in PLACES:
            for command in re.findall(r"docker build .*", read(place)):
                self.assertIn("--platform linux/amd64", command)

    @unittest.skipUnless(os.path.exists(COMPLETIONS), "no gcloud to ask")
    def test_cloud_build_gets_what_docker_gets(self):
        run = subprocess.run(["gcloud", "meta", "list-files-for-upload", ROOT], text=True,
                             stdout=subprocess.PIPE, check=True)
        sent = {line.split("/")[0] if not line.startswith("deploy/") else
                "/".join(line.split("/")[:2]) for line in run.stdout.splitlines()}
        wanted = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
        self.assertEqual(sent, wanted | {"Dockerfile", ".dockerignore"})


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
