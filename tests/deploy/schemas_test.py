#!/usr/bin/env python3
"""Is every manifest of deploy/ of its kind, and would it be noticed if one were not?"""

import copy
import shutil
import subprocess
import unittest

import yaml

import kustomize
import type_check
from manifests import BULK_JOB, DIRECTORIES, EVERYTHING, EXAMPLE, SERVICE, the

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
