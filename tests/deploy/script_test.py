#!/usr/bin/env python3
"""deploy/cloud-run/deploy.sh, with a stand-in for gcloud (the file beside this one): makes what is
missing, keeps what is there, and shows no secret."""

import os
import subprocess
import tempfile
import unittest

import yaml

import reference

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "../../deploy/cloud-run/deploy.sh")
WHERE = {"PROJECT": "corp", "REGION": "europe-west1"}
VARIABLES = {
    **WHERE,
    "IMAGE": "europe-west1-docker.pkg.dev/corp/images/zoom-proxy:0.1.0",
    "WORKLYTICS_SA": "acme@tenants.iam.gserviceaccount.com",
}
ZOOM = {"ZOOM_ACCOUNT_ID": "an-account", "ZOOM_CLIENT_ID": "a-client",
        "ZOOM_CLIENT_SECRET": "a-very-secret-secret"}


class Deploy(unittest.TestCase):
    def setUp(self):
        state = tempfile.TemporaryDirectory()
        self.addCleanup(state.cleanup)
        self.state = state.name
        os.mkdir(self.state + "/secrets")

    def deploy(self, **variables):
        path = HERE + ":" + os.environ["PATH"]
        return subprocess.run([SCRIPT], env=dict(variables, PATH=path, STATE=self.state),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)

    def read(self, name):
        with open(os.path.join(self.state, name), encoding="utf-8") as file:
            return file.read()

    def secrets(self):
        return {name: self.read("secrets/" + name) for name in os.listdir(self.state + "/secrets")}

    def service(self):
        return yaml.safe_load(self.read("service.yaml"))["spec"]

    def container(self):
        (container,) = self.service()["template"]["spec"]["containers"]
        return container

    def set_traffic(self, *traffic):
        """As `gcloud run services update-traffic` would."""
        service = yaml.safe_load(self.read("service.yaml"))
        service["spec"]["traffic"] = list(traffic)
        with open(self.state + "/service.yaml", "w", encoding="utf-8") as file:
            yaml.safe_dump(service, file)

    def test_without_variables_it_names_them_and_does_nothing(self):
        run = self.deploy()
        self.assertEqual(run.returncode, 2)
        for name in ("PROJECT", "REGION"):
            self.assertRegex(run.stderr, f"  {name}: .*such as ")
        for name in (*VARIABLES, *ZOOM):
            self.assertIn(name, run.stderr)
        self.assertFalse(os.path.exists(self.state + "/calls"))

    def test_the_first_time_it_names_all_that_is_missing_and_makes_nothing(self):
        run = self.deploy(**WHERE)
        self.assertEqual(run.returncode, 2)
        for name in ("IMAGE", "WORKLYTICS_SA", *ZOOM):
            self.assertIn(f"  {name}: ", run.stderr)
        self.assertEqual(self.secrets(), {})
        self.assertNotIn("create", self.read("calls"))

    def test_it_makes_all_that_is_missing(self):
        run = self.deploy(**VARIABLES, **ZOOM)
        self.assertEqual(run.returncode, 0, run.stderr)
        secrets = self.secrets()
        self.assertEqual([secrets["zoom-proxy-" + name] for name in
                          ("account-id", "client-id", "client-secret")], list(ZOOM.values()))
        self.assertGreaterEqual(len(secrets["zoom-proxy-salt"]), 32)
        self.assertNotEqual(secrets["zoom-proxy-salt"], secrets["zoom-proxy-encryption-key"])
        self.assertEqual(secrets["zoom-proxy-previous-encryption-keys"].strip(), "")
        self.assertEqual(self.container()["image"], VARIABLES["IMAGE"])
        (invoker,) = [call for call in self.read("calls").splitlines() if "run.invoker" in call]
        self.assertIn("--member=serviceAccount:" + VARIABLES["WORKLYTICS_SA"], invoker)
        self.assertIn("https://zoom-proxy-1.a.run.app", run.stdout)

    def test_it_fills_in_what_stands_for_something_and_nothing_else(self):
        self.deploy(**VARIABLES, **ZOOM)
        variables = {v["name"]: v["value"] for v in self.container()["env"]}
        self.assertEqual(set(variables) - reference.VARIABLES, set())
        self.assertEqual(variables["GOOGLE_CLOUD_PROJECT"], "corp")
        revision = self.service()["template"]
        self.assertEqual(revision["spec"]["serviceAccountName"],
                         "zoom-proxy@corp.iam.gserviceaccount.com")
        self.assertNotIn("first", revision["metadata"]["labels"].values())
        self.assertNotRegex(yaml.safe_dump(self.service()), r"\b(PROJECT|REGION|VERSION)\b")

    def test_another_time_where_is_enough(self):
        self.deploy(**VARIABLES, **ZOOM)
        run = self.deploy(**WHERE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.container()["image"], VARIABLES["IMAGE"])
        self.assertIn(f"Image {VARIABLES['IMAGE']}\n", run.stdout)
        self.assertIn(f"Caller {VARIABLES['WORKLYTICS_SA']}\n", run.stdout)
        self.assertEqual(self.read("callers"), f"serviceAccount:{VARIABLES['WORKLYTICS_SA']}\n")

    def test_the_caller_in_place_is_a_service_account(self):
        self.deploy(**VARIABLES, **ZOOM)
        for callers, code in (("user:me@corp.example\n", 2),
                              ("user:me@corp.example\nserviceAccount:acme@tenants\n", 0)):
            with open(self.state + "/callers", "w", encoding="utf-8") as file:
                file.write(callers)
            run = self.deploy(**WHERE)
            self.assertEqual(run.returncode, code, run.stderr)
        self.assertIn("Caller acme@tenants\n", run.stdout)

    def test_another_image_says_which_it_replaces(self):
        self.deploy(**VARIABLES, **ZOOM)
        run = self.deploy(**WHERE, IMAGE="registry/zoom-proxy:0.2.0")
        self.assertIn(f"registry/zoom-proxy:0.2.0\n  in place of {VARIABLES['IMAGE']}", run.stdout)

    def test_a_rollback_stays(self):
        self.deploy(**VARIABLES, **ZOOM)
        old = [{"percent": 100, "revisionName": "zoom-proxy-00007-abc"},
               {"revisionName": "zoom-proxy-00008-abc", "tag": "next"}]
        self.set_traffic(*old)
        run = self.deploy(**WHERE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.service()["traffic"], old)
        self.assertIn("zoom-proxy-00007-abc", run.stdout)
        self.assertIn("update-traffic zoom-proxy --to-latest", run.stdout)

    def test_the_latest_revision_gets_requests_if_it_did_before(self):
        for _ in range(2):
            run = self.deploy(**VARIABLES, **ZOOM)
        self.assertEqual(self.service()["traffic"], [{"latestRevision": True, "percent": 100}])
        self.assertNotIn("update-traffic", run.stdout)

    def test_no_secret_is_shown(self):
        run = self.deploy(**VARIABLES, **ZOOM)
        for value in filter(str.strip, self.secrets().values()):
            self.assertNotIn(value, run.stdout + run.stderr + self.read("calls"))

    def test_each_time_it_makes_a_new_revision_which_reads_the_secrets_anew(self):
        self.deploy(**VARIABLES, **ZOOM)
        service = self.read("service.yaml")
        self.deploy(**VARIABLES)
        self.assertNotEqual(service, self.read("service.yaml"))

    def test_a_second_time_it_keeps_what_is_there(self):
        self.deploy(**VARIABLES, **ZOOM)
        before = self.secrets()
        os.remove(self.state + "/calls")
        run = self.deploy(**dict(VARIABLES, IMAGE="registry/zoom-proxy:0.2.0"))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.secrets(), before)
        self.assertNotIn("create", self.read("calls"))
        self.assertIn("registry/zoom-proxy:0.2.0", self.read("service.yaml"))

    def test_a_salt_of_ones_own_is_kept(self):
        with open(self.state + "/secrets/zoom-proxy-salt", "w", encoding="utf-8") as file:
            file.write("the-salt-of-an-earlier-installation")
        self.deploy(**VARIABLES, **ZOOM)
        self.assertEqual(self.secrets()["zoom-proxy-salt"], "the-salt-of-an-earlier-installation")


if __name__ == "__main__":
    unittest.main()
