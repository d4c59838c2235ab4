#!/usr/bin/env python3
"""Is every manifest of deploy/ of its kind, and would it be noticed if one were not?"""

import copy
import shutil
import subprocess
import unittest

import yaml

import kustomize
import type_check
import words
from manifests import BULK_JOB, DIRECTORIES, EVERYTHING, EXAMPLE, RENDERED, SERVICE, the

# Mappings whose names are free: an unknown one in them is none.
FREE = {"labels", "annotations", "matchLabels", "selector", "data", "limits", "requests",
        "volumeAttributes"}


def misspelt(document):
    """Copies of a document, each with one more field somewhere."""
    def mappings(node, path):
        if isinstance(node, dict):
            if not (path and path[-1] in FREE and all(isinstance(v, str) for v in node.values())):
                yield path
            for name, value in node.items():
                yield from mappings(value, path + [name])
        elif isinstance(node, list):
            for number, item in enumerate(node):
                yield from mappings(item, path + [number])

    for path in mappings(document, []):
        other = copy.deepcopy(document)
        node = other
        for step in path:
            node = node[step]
        node["tpyo"] = {}
        yield other, path


def changed(document, path, value):
    other = copy.deepcopy(document)
    node = other
    for step in path[:-1]:
        node = node[step]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return other


class Schemas(unittest.TestCase):
    def test_every_document_is_of_its_kind(self):
        found = type_check.errors([document for _, document in EVERYTHING])
        for (place, document), errors in zip(EVERYTHING, found):
            self.assertEqual(errors, [], f"{place}: {' '.join(kustomize.identity(document))}")

    def test_a_misspelt_field_anywhere_is_found(self):
        broken = [case for _, document in EVERYTHING[-2:] + [("", d) for d in EXAMPLE]
                  for case in misspelt(document)]
        self.assertGreater(len(broken), 200)
        for (document, path), errors in zip(broken, type_check.errors([b for b, _ in broken])):
            self.assertTrue(errors, f"{kustomize.identity(document)}: {path}")

    def test_missing_fields_and_wrong_types_are_found(self):
        container = ["spec", "template", "spec", "containers", 0]
        broken = [
            changed(the("Deployment"), ["spec", "selector"], None),
            changed(the("Deployment"), container + ["name"], None),
            changed(the("Deployment"), container + ["ports", 0, "containerPort"], "8080"),
            changed(the("Deployment"), container + ["env", 0, "value"], 1),
            changed(the("HorizontalPodAutoscaler"), ["spec", "maxReplicas"], None),
            changed(the("PodDisruptionBudget"), ["metadata"], None),
            changed(the("ServiceMonitor"), ["spec", "endpoints"], None),
            changed(the("PrometheusRule"), ["spec", "groups", 0, "rules", 0, "expr"], None),
            changed(the("ExternalSecret"), ["spec", "data", 0, "remoteRef"], None),
            changed(the("Service"), ["apiVersion"], "v2"),
            changed(SERVICE, container + ["env", 0, "value"], True),
            changed(BULK_JOB, ["spec", "template", "spec", "taskCount"], "one"),
        ]
        for document, errors in zip(broken, type_check.errors(broken)):
            self.assertTrue(errors, document)

    def test_words_that_a_field_does_not_know_are_found(self):
        pod = ["spec", "template", "spec"]
        job = the("CronJob", name="zoom-bulk")
        ingress = the("Ingress", RENDERED["overlays/ingress"])
        broken = [
            changed(job, ["spec", "jobTemplate", *pod, "restartPolicy"], "Nevr"),
            changed(job, ["spec", "concurrencyPolicy"], "Forbidden"),
            changed(job, ["spec", "jobTemplate", "spec", "completionMode"], "Index"),
            changed(the("Deployment"), pod + ["containers", 0, "imagePullPolicy"], "Sometimes"),
            changed(the("Deployment"), pod + ["containers", 0, "ports", 0, "protocol"], "HTTP"),
            changed(the("Deployment"), pod + ["topologySpreadConstraints", 0, "whenUnsatisfiable"],
                    "Anyway"),
            changed(the("Deployment"), ["spec", "strategy", "type"], "Rolling"),
            changed(the("NetworkPolicy"), ["spec", "policyTypes", 0], "ingress"),
            changed(the("NetworkPolicy"), ["spec", "egress", 0, "ports", 0, "protocol"], "udp"),
            changed(ingress, ["spec", "rules", 0, "http", "paths", 0, "pathType"], "prefix"),
            changed(the("HTTPRoute"), ["spec", "rules", 0, "matches", 0, "path", "type"], "Prefix"),
            changed(the("PersistentVolumeClaim", name="zoom-raw"), ["spec", "accessModes", 0],
                    "ReadMany"),
        ]
        for document, errors in zip(broken, type_check.errors(broken)):
            self.assertTrue(errors, document)

    def test_texts_have_the_form_that_they_must(self):
        for place, document in EVERYTHING:
            self.assertEqual(words.errors(document), [], place)
        for schedule in ("0 2 * *", "60 2 * * *", "0 24 * * *", "0 2 * * mun", "0  2 * * *",
                         "0 2 0 * *", "0 5-2 * * *", "*/0 * * * *"):
            job = changed(the("CronJob", name="zoom-bulk"), ["spec", "schedule"], schedule)
            self.assertEqual(words.errors(job), [f"{schedule} is no schedule"])
        for schedule in ("*/15 8-18 1,15 * 1-5", "0 2 * * 7"):
            self.assertTrue(words.is_cron(schedule), schedule)
        container = ["spec", "template", "spec", "containers", 0]
        for amount in ("256M i", "256MB", "-1", "2,5Gi"):
            pod = changed(the("Deployment"), container + ["resources", "limits", "memory"], amount)
            self.assertEqual(words.errors(pod), [f"{amount} is no amount of memory"])
        route = changed(the("HTTPRoute"), ["spec", "rules", 0, "timeouts", "request"], "185")
        self.assertEqual(words.errors(route), ["185 is no duration"])

    @unittest.skipUnless(shutil.which("kubectl"), "no kubectl to compare with")
    def test_kubectl_renders_the_same(self):
        def in_order(documents):
            for document in documents:
                for container in kustomize.containers(document):
                    container.get("env", []).sort(key=lambda variable: variable["name"])
            return sorted(documents, key=kustomize.identity)

        for directory in DIRECTORIES:
            run = subprocess.run(["kubectl", "kustomize", directory], stdout=subprocess.PIPE,
                                 check=True)
            self.assertEqual(in_order(kustomize.render(directory)),
                             in_order(list(yaml.safe_load_all(run.stdout))), directory)


if __name__ == "__main__":
    unittest.main()
