#!/usr/bin/env python3
"""Do the manifests of deploy/ agree with each other, with docs/ and with the program?
Usage: manifests_test.py ZOOM_PROXY
With UPDATE_DOCS=1 in the environment it also writes the PrometheusRule."""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

import kustomize
import reference
from manifests import (BULK_JOB, CLOUD_RUN, EVERYTHING, EXAMPLE, RENDERED, ROOT, SERVICE, UID,
                       environment, pods, probes, the)

PROXY = sys.argv.pop(1)
with open(os.path.join(ROOT, "docs/bulk.md"), encoding="utf-8") as page:
    BULK_PAGE = page.read()


class Pods(unittest.TestCase):
    def test_each_is_restricted(self):
        found = [(d, pod) for _, d in EVERYTHING[:-2] for pod in pods(d)]
        self.assertTrue(found)
        for document, pod in found:
            with self.subTest(document["metadata"]["name"]):
                self.assertIs(pod["automountServiceAccountToken"], False)
                context = pod["securityContext"]
                self.assertIs(context["runAsNonRoot"], True)
                self.assertEqual({UID}, {context[name]
                                         for name in ("runAsUser", "runAsGroup", "fsGroup")})
                self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
                for volume in pod["volumes"]:
                    self.assertIn(list(volume)[1], ("configMap", "secret", "persistentVolumeClaim"))
                for container in pod["containers"]:
                    self.assertEqual(container["securityContext"], {
                        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]}})

    def test_the_image_is_the_one_that_we_build(self):
        images = {container["image"].rpartition("/")[2].rpartition(":")[0]
                  for _, document in EVERYTHING for container in kustomize.containers(document)}
        self.assertEqual(images, {"zoom-proxy"})
        with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as file:
            dockerfile = file.read()
        self.assertEqual(re.findall(r"^USER (\d+)", dockerfile, re.MULTILINE), [str(UID)])
        with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            (version,) = re.findall(r"^project\(zoom-proxy VERSION ([0-9.]+)", file.read(),
                                    re.MULTILINE)
        self.assertEqual(re.findall(r"^ARG VERSION=(.*)", dockerfile, re.MULTILINE), [version])
        self.assertIn('org.opencontainers.image.version="${VERSION}"', dockerfile)

    def test_mounted_buckets_are_the_programs(self):
        attributes = [volume["csi"]["volumeAttributes"] for _, document in EVERYTHING
                      for pod in pods(document) for volume in pod["volumes"] if "csi" in volume]
        self.assertEqual(len(attributes), 2)
        for attribute in attributes:
            self.assertEqual(set(attribute["mountOptions"].split(",")),
                             {f"uid={UID}", f"gid={UID}", "implicit-dirs"})

    def test_commands_do_not_replace_the_entry_point(self):
        for _, document in EVERYTHING:
            for container in kustomize.containers(document):
                self.assertNotIn("command", container)
                run = subprocess.run([PROXY, container["args"][0], "--help"], text=True,
                                     stdout=subprocess.PIPE, check=True)
                self.assertIn(f"zoom-proxy {container['args'][0]} ", run.stdout)

    def test_memory_and_processors_are_quantities(self):
        for _, document in EVERYTHING:
            for container in kustomize.containers(document):
                for amounts in container["resources"].values():
                    self.assertRegex(amounts.get("cpu", "1"), r"^[1-9][0-9]*m?$")
                    self.assertRegex(amounts["memory"], r"^[1-9][0-9]*Mi$")

    def test_volumes_and_mounts_are_the_same(self):
        for _, document in EVERYTHING:
            for pod in pods(document):
                self.assertEqual({volume["name"] for volume in pod["volumes"]},
                                 {mount["name"] for container in pod["containers"]
                                  for mount in container["volumeMounts"]})


class Names(unittest.TestCase):
    def unknown_variables(self, document):
        return {name for container in kustomize.containers(document)
                for name in environment(container)} - reference.VARIABLES

    def test_variables_are_those_of_the_reference(self):
        for place, document in EVERYTHING:
            self.assertEqual(self.unknown_variables(document), set(), place)
        wrong = {"containers": [{"env": [{"name": "PSOXY_SALT_FIEL", "value": "/secrets/salt"}]}]}
        self.assertEqual(self.unknown_variables(wrong), {"PSOXY_SALT_FIEL"})

    def test_pages_name_variables_of_the_reference(self):
        for path in glob.glob(ROOT + "/deploy/**/*.md", recursive=True):
            with open(path, encoding="utf-8") as file:
                named = set(re.findall(r"\b(?:ZOOM_PROXY|PSOXY)_[A-Z0-9_]+", file.read()))
            self.assertEqual(named - reference.VARIABLES, set(), path)

    def test_settings_are_those_of_the_reference(self):
        settings = yaml.safe_load(the("ConfigMap")["data"]["settings.yaml"])
        self.assertEqual(set(reference.keys(settings)) - set(reference.SETTINGS), set())
        self.assertEqual(set(reference.keys({"listen": {"prot": 1}})) - set(reference.SETTINGS),
                         {"listen.prot"})

    def test_probes_ask_what_the_reference_promises(self):
        container = the("Deployment")["spec"]["template"]["spec"]["containers"][0]
        admin_port = reference.TEXT.partition("\n## Admin port")[2].partition("\n## ")[0]
        self.assertEqual(len(probes(container)), 3)
        for probe in probes(container).values():
            self.assertEqual(probe["httpGet"]["port"], "admin")
            self.assertTrue(f"| `{probe['httpGet']['path']}` |" in admin_port, probe)
        container = SERVICE["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(len(probes(container)), 2)
        for probe in probes(container).values():
            self.assertEqual(probe["httpGet"]["port"], 8080)
            self.assertTrue(f"`GET {probe['httpGet']['path']}`" in reference.TEXT, probe)
        (endpoint,) = the("ServiceMonitor")["spec"]["endpoints"]
        self.assertIn(f"| `{endpoint['path']}` |", admin_port)

    def test_ports_are_those_of_the_program(self):
        (container,) = the("Deployment")["spec"]["template"]["spec"]["containers"]
        self.assertEqual({port["name"]: port["containerPort"] for port in container["ports"]}, {
            "http": reference.default("listen.port"), "admin": reference.default("admin.port")})


class Agreement(unittest.TestCase):
    """Of manifests with each other."""

    def test_time_is_left_to_end_requests(self):
        shutdown = yaml.safe_load(the("ConfigMap")["data"]["settings.yaml"])["shutdown"]
        pod = the("Deployment")["spec"]["template"]["spec"]
        self.assertGreaterEqual(shutdown["grace_seconds"],
                                reference.default("timeouts.total_seconds"))
        self.assertGreater(pod["terminationGracePeriodSeconds"],
                           shutdown["delay_seconds"] + shutdown["grace_seconds"])
        probe = pod["containers"][0]["readinessProbe"]
        self.assertLess(probe["periodSeconds"] * probe["failureThreshold"] +
                        probe["timeoutSeconds"], shutdown["delay_seconds"])
        ingress = the("Ingress", RENDERED["overlays/ingress"])["metadata"]["annotations"]
        (rule,) = the("HTTPRoute")["spec"]["rules"]
        for timeout in (ingress["nginx.ingress.kubernetes.io/proxy-read-timeout"],
                        rule["timeouts"]["request"].removesuffix("s")):
            self.assertGreater(float(timeout), reference.default("timeouts.total_seconds"))

    def test_cloud_run_waits_as_long_as_the_proxy(self):
        revision = SERVICE["spec"]["template"]["spec"]
        (container,) = revision["containers"]
        self.assertGreater(revision["timeoutSeconds"], reference.default("timeouts.total_seconds"))
        self.assertEqual(revision["containerConcurrency"],
                         reference.default("zoom.max_connections"))
        grace = float(environment(container)["ZOOM_PROXY_SHUTDOWN_GRACE_SECONDS"])
        self.assertLess(grace, 10, "after that Cloud Run kills")
        self.assertEqual(environment(container)["ZOOM_PROXY_INBOUND_AUTH_MODE"], "platform")

    def test_selectors_select(self):
        server = the("Deployment")["spec"]["template"]["metadata"]["labels"]
        bulk = the("CronJob", name="zoom-bulk")["spec"]["jobTemplate"]["spec"]["template"][
            "metadata"]["labels"]
        self.assertNotEqual(server, bulk)
        for labels, selector in (
                (server, the("Deployment")["spec"]["selector"]["matchLabels"]),
                (server, the("Service")["spec"]["selector"]),
                (server, the("Service", name="zoom-proxy-admin")["spec"]["selector"]),
                (server, the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]),
                (server, the("NetworkPolicy")["spec"]["podSelector"]["matchLabels"]),
                (bulk, the("NetworkPolicy", name="zoom-bulk")["spec"]["podSelector"][
                    "matchLabels"])):
            self.assertEqual(selector, labels)
        for constraint in the("Deployment")["spec"]["template"]["spec"][
                "topologySpreadConstraints"]:
            self.assertEqual(constraint["labelSelector"]["matchLabels"], server)
        self.assertEqual(the("ServiceMonitor")["spec"]["selector"]["matchLabels"],
                         the("Service", name="zoom-proxy-admin")["metadata"]["labels"])

    def test_names_lead_somewhere(self):
        target = the("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
        self.assertEqual((target["apiVersion"], target["kind"], target["name"]),
                         kustomize.identity(the("Deployment")))
        (container,) = the("Deployment")["spec"]["template"]["spec"]["containers"]
        (route,) = the("HTTPRoute")["spec"]["rules"]
        (backend,) = route["backendRefs"]
        (port,) = the("Service", name=backend["name"])["spec"]["ports"]
        self.assertEqual(backend["port"], port["port"])
        (host,) = the("HTTPRoute")["spec"]["hostnames"]
        self.assertEqual(environment(container)["ZOOM_PROXY_INBOUND_AUTH_OIDC_AUDIENCES"],
                         "https://" + host)
        ingress = the("Ingress", RENDERED["overlays/ingress"])["spec"]
        (rule,) = ingress["rules"]
        backend = rule["http"]["paths"][0]["backend"]["service"]
        self.assertEqual((backend["name"], backend["port"]["name"]), ("zoom-proxy", port["name"]))
        self.assertEqual(ingress["tls"][0]["hosts"], [rule["host"]])

    def test_secrets_have_the_files_that_are_read(self):
        (container,) = the("Deployment")["spec"]["template"]["spec"]["containers"]
        (bulk,) = kustomize.containers(the("CronJob", name="zoom-bulk"))
        secret = the("ExternalSecret")["spec"]
        files = {"/secrets/" + item["secretKey"] for item in secret["data"]}
        self.assertEqual(secret["target"]["name"], "zoom-proxy")
        self.assertEqual(files, {value for name, value in environment(container).items()
                                 if name.endswith("_FILE")})
        self.assertLessEqual(set(environment(bulk).values()), files)

    def test_cloud_run_mounts_the_secrets_that_the_script_makes(self):
        revision = SERVICE["spec"]["template"]["spec"]
        with open(os.path.join(CLOUD_RUN, "deploy.sh"), encoding="utf-8") as file:
            made = set(re.findall(r"^secret (\S+) ", file.read(), re.MULTILINE))
        self.assertEqual({v["secret"]["secretName"] for v in revision["volumes"]},
                         {"zoom-proxy-" + name for name in made})
        paths = {mount["name"]: mount["mountPath"]
                 for mount in revision["containers"][0]["volumeMounts"]}
        files = {f"{paths[v['name']]}/{v['secret']['items'][0]['path']}"
                 for v in revision["volumes"]}
        self.assertEqual(files, {value for name, value
                                 in environment(revision["containers"][0]).items()
                                 if name.endswith("_FILE")})


class Alerts(unittest.TestCase):
    MANIFEST = "deploy/kubernetes/overlays/monitoring/prometheus-rule.yaml"
    HEAD = """\
# deploy/observability/alerts.yaml for the Prometheus operator. Made from it by
# UPDATE_DOCS=1 ctest --preset release -R 'manifests$'
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: zoom-proxy
  # Many a Prometheus selects rules by a label, such as `release`: add yours.
  labels: {app.kubernetes.io/name: zoom-proxy}
spec:
"""

    def test_the_operator_gets_the_same(self):
        with open(os.path.join(ROOT, "deploy/observability/alerts.yaml"), encoding="utf-8") as file:
            alerts = file.read()
        groups = alerts[alerts.index("groups:\n"):]
        wanted = self.HEAD + re.sub("^(?=.)", "  ", groups, flags=re.MULTILINE)
        path = os.path.join(ROOT, self.MANIFEST)
        if os.environ.get("UPDATE_DOCS") == "1":
            with open(path, "w", encoding="utf-8") as file:
                file.write(wanted)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), wanted, "UPDATE_DOCS=1 makes it anew")
        self.assertEqual(the("PrometheusRule")["spec"], yaml.safe_load(alerts))


class Program(unittest.TestCase):
    """What the program itself makes of what a manifest gives it."""

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.home = home.name

    def run_as(self, container, arguments, **further):
        """Runs the program with a container's variables, its secrets being files of the test."""
        variables = dict(environment(container), **further)
        for name, value in variables.items():
            if value.startswith("/secrets/"):
                variables[name] = self.write(value, "for-the-test-" * 4)
        return subprocess.run([PROXY, *arguments], env=variables, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def write(self, path, text):
        path = self.home + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def check(self, documents, *options):
        (container,) = kustomize.containers(the("Deployment", documents))
        command, option, path = container["args"]
        self.assertEqual((command, option), ("serve", "--config"))
        settings = self.write(path, the("ConfigMap", documents)["data"][os.path.basename(path)])
        return self.run_as(container, ["check", "--config", settings, *options])

    def test_it_takes_the_settings(self):
        for name in ("overlays/oidc", "example"):
            run = self.check(RENDERED[name])
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("mode `oidc`", run.stdout)

    def test_it_takes_those_of_cloud_run(self):
        (container,) = kustomize.containers(SERVICE)
        self.assertEqual(container["args"], ["serve"])
        run = self.run_as(container, ["check"])
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("mode `platform`", run.stdout)

    def test_the_base_alone_lets_nobody_in(self):
        run = self.check(RENDERED["base"])
        self.assertEqual(run.returncode, 1)
        self.assertIn("inbound_auth.mode is missing", run.stderr)

    def test_it_takes_those_of_the_page_about_aws(self):
        with open(os.path.join(ROOT, "deploy/aws.md"), encoding="utf-8") as file:
            (shown,) = re.findall(r"^    \{\n(?:    .*\n)+", file.read(), re.MULTILINE)
        container = json.loads(shown)
        self.assertEqual(container["user"], str(UID))
        secrets = {item["name"]: "for-the-test-" * 4 for item in container["secrets"]}
        run = self.run_as({"env": container["environment"]}, ["check"], **secrets)
        self.assertEqual(run.returncode, 0, run.stderr)
        variables = environment({"env": container["environment"]})
        self.assertEqual(variables["ZOOM_PROXY_BULK_RULES"], "[]")
        self.assertLess(float(variables["ZOOM_PROXY_SHUTDOWN_DELAY_SECONDS"]) +
                        float(variables["ZOOM_PROXY_SHUTDOWN_GRACE_SECONDS"]),
                        container["stopTimeout"])

    CLOSED = r"bulk:\n  rules: \[\]  #"

    def test_nobody_tries_out_addresses_on_cloud_run(self):
        (container,) = kustomize.containers(SERVICE)
        run = self.run_as(container, ["check", "--print-config"])
        self.assertRegex(run.stdout, self.CLOSED)

    def test_nobody_tries_out_addresses_on_kubernetes(self):
        run = self.check(EXAMPLE, "--print-config")
        self.assertRegex(run.stdout, self.CLOSED)

    def run_bulk(self, document, shares):
        """All shares of a job; afterwards the file is there, and sanitized."""
        self.write("/mnt/in/a.csv", "User Name,Email,Department\nAda,ada@corp.example,Sums\n")
        os.makedirs(self.home + "/mnt/out")
        (container,) = kustomize.containers(document)
        arguments = [self.home + argument if argument.startswith("/mnt/") else argument
                     for argument in container["args"]]
        for share in shares:
            run = self.run_as(container, arguments, **share)
            self.assertEqual(run.returncode, 0, run.stderr)
        with open(self.home + "/mnt/out/a.csv", encoding="utf-8") as file:
            self.assertRegex(file.read(), "t~.*t~")

    def test_it_does_the_job_of_kubernetes(self):
        job = the("CronJob", name="zoom-bulk")["spec"]["jobTemplate"]["spec"]
        self.run_bulk(job, [{"JOB_COMPLETION_INDEX": str(index)}
                            for index in range(job["completions"])])

    def test_it_does_the_job_of_cloud_run(self):
        self.run_bulk(BULK_JOB, [{"CLOUD_RUN_TASK_INDEX": "0", "CLOUD_RUN_TASK_COUNT": "1"}])


class Pages(unittest.TestCase):
    def assert_within(self, shown, real, place):
        """All that `shown` has is in `real`, which may have more fields."""
        if isinstance(shown, dict):
            for name, value in shown.items():
                self.assertIn(name, real, place)
                self.assert_within(value, real[name], f"{place}.{name}")
        elif isinstance(shown, list):
            self.assertEqual(len(shown), len(real), place)
            for number, value in enumerate(shown):
                self.assert_within(value, real[number], f"{place}[{number}]")
        else:
            self.assertEqual(shown, real, place)

    def test_bulk_shows_the_manifest_that_is_here(self):
        shown = [yaml.safe_load(block) for block in re.findall(
            r"^ +apiVersion: .*(?:\n +.*)+", BULK_PAGE, re.MULTILINE)]
        self.assertEqual([document["kind"] for document in shown], ["CronJob"])
        (cron_job,) = [d for d in RENDERED["overlays/bulk"] if d["kind"] == "CronJob"]
        self.assert_within(shown[0], cron_job, "CronJob")

    def test_bulk_fills_in_the_job_of_cloud_run(self):
        (command,) = re.findall(r"sed (?:.*\\\n)+.*(?= >bulk-job.yaml)", BULK_PAGE)
        variables = {"IMAGE": "registry/zoom-proxy:1", "PROJECT": "acme", "RAW": "acme-raw",
                     "SANITIZED": "acme-clean", "PATH": os.environ["PATH"]}
        run = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, text=True, cwd=ROOT,
                             env=variables, check=True)
        job = yaml.safe_load(run.stdout)["spec"]["template"]["spec"]["template"]["spec"]
        self.assertEqual(job["containers"][0]["image"], "registry/zoom-proxy:1")
        self.assertEqual(job["serviceAccountName"], "zoom-bulk@acme.iam.gserviceaccount.com")
        buckets = [volume["csi"]["volumeAttributes"]["bucketName"] for volume in job["volumes"]
                   if "csi" in volume]
        self.assertEqual(buckets, ["acme-raw", "acme-clean"])
        self.assertNotRegex(yaml.safe_dump(job), r"\b(PROJECT|REGION|VERSION|corp)\b")


class Scripts(unittest.TestCase):
    def test_shellcheck_has_nothing_to_say(self):
        scripts = glob.glob(ROOT + "/deploy/**/*.sh", recursive=True)
        self.assertTrue(scripts)
        run = subprocess.run(["shellcheck", *scripts], stdout=subprocess.PIPE, text=True,
                             check=False)
        self.assertEqual((run.returncode, run.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
