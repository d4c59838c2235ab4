#!/usr/bin/env python3
"""deploy/cloud-run/deploy.sh, with a stand-in for gcloud (the file beside this one): makes what is
missing, keeps what is there, and shows no secret."""

import os
import subprocess
import tempfile
import unittest

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "../../deploy/cloud-run/deploy.sh")
VARIABLES = {
    "PROJECT": "corp", "REGION": "europe-west1",
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

    def test_without_variables_it_names_them_and_does_nothing(self):
        run = self.deploy()
        self.assertEqual(run.returncode, 2)
        for name in VARIABLES:
            self.assertIn(f"  {name}: ", run.stderr)
        self.assertFalse(os.path.exists(self.state + "/calls"))

    def test_without_zooms_credentials_it_makes_nothing(self):
        run = self.deploy(**VARIABLES)
        self.assertEqual(run.returncode, 2)
        for name in ZOOM:
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
        service = self.read("service.yaml")
        self.assertNotIn("PROJECT", service)
        (container,) = yaml.safe_load(service)["spec"]["template"]["spec"]["containers"]
        self.assertEqual(container["image"], VARIABLES["IMAGE"])
        (invoker,) = [call for call in self.read("calls").splitlines() if "run.invoker" in call]
        self.assertIn("--member=serviceAccount:" + VARIABLES["WORKLYTICS_SA"], invoker)
        self.assertIn("https://zoom-proxy-1.a.run.app", run.stdout)

    def test_no_secret_is_shown(self):
        run = self.deploy(**VARIABLES, **ZOOM)
        for value in self.secrets().values():
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
