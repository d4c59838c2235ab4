#!/usr/bin/env python3
"""Is deploy/kubernetes/example ready when its lines with CHANGE are? All that only the reader can
know stands in such a line, and what a document names is made by another one."""

import copy
import glob
import os
import unittest

import kustomize
from manifests import EXAMPLE, KUBERNETES, RENDERED, environment, pods, the

DIRECTORY = os.path.join(KUBERNETES, "example")
OUR_NAMESPACES = {"kube-system", "zoom-proxy"}


def marked():
    lines = []
    for path in glob.glob(DIRECTORY + "/*.yaml"):
        with open(path, encoding="utf-8") as file:
            lines += [line for line in file if "# CHANGE" in line]
    return lines


def values(node, name):
    """All values in a document that stand under that name."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == name:
                yield value
            yield from values(value, name)
    elif isinstance(node, list):
        for item in node:
            yield from values(item, name)


def foreign(document):
    """What a document says of the reader's own world."""
    found = list(values(document, "storageClassName"))
    found += [n for n in values(document, "kubernetes.io/metadata.name") if n not in OUR_NAMESPACES]
    found += [ref["key"] for ref in values(document, "remoteRef")]
    found += [store["name"] for store in values(document, "secretStoreRef")]
    for parents in values(document, "parentRefs"):
        found += [parent[key] for parent in parents for key in ("name", "namespace")]
    found += [host for hosts in values(document, "hostnames") for host in hosts]
    found += [host for hosts in values(document, "hosts") for host in hosts]
    found += values(document, "host")
    if document["kind"] == "Ingress":
        found += values(document, "secretName")
    for container in kustomize.containers(document):
        found += container["image"].rsplit(":", 1)
        variables = environment(container)
        found += [variables["ZOOM_PROXY_INBOUND_AUTH_OIDC_" + name]
                  for name in ("AUDIENCES", "ALLOWED")
                  if "ZOOM_PROXY_INBOUND_AUTH_MODE" in variables]
    return set(found)


def unmarked(documents):
    lines = marked()
    return {value for document in documents for value in foreign(document)
            if not any(value in line for line in lines)}


class Example(unittest.TestCase):
    def test_what_only_the_reader_knows_is_marked(self):
        self.assertGreater(len({v for d in EXAMPLE for v in foreign(d)}), 12)
        self.assertEqual(unmarked(EXAMPLE), set())

    def test_an_unmarked_value_is_noticed(self):
        # The overlays' own values are none that the example marks.
        self.assertEqual(unmarked(RENDERED["overlays/gateway"]), {"zoom-proxy.corp.example"})
        other = copy.deepcopy(the("ExternalSecret"))
        other["spec"]["secretStoreRef"]["name"] = "another"
        self.assertEqual(unmarked([other]), {"another"})

    def test_with_an_ingress_too(self):
        documents = copy.deepcopy(RENDERED["overlays/ingress"])
        (change,) = kustomize.load(os.path.join(DIRECTORY, "ingress-host.yaml"))
        kustomize.patch(documents, change)
        self.assertEqual(unmarked(documents), set())
        self.assertNotEqual(unmarked(RENDERED["overlays/ingress"]), set())

    def test_what_pods_mount_is_made(self):
        made = {("claim", d["metadata"]["name"]) for d in EXAMPLE
                if d["kind"] == "PersistentVolumeClaim"}
        made |= {("secret", d["spec"]["target"]["name"]) for d in EXAMPLE
                 if d["kind"] == "ExternalSecret"}
        volumes = [volume for d in EXAMPLE for pod in pods(d) for volume in pod["volumes"]]
        used = {("claim", v["persistentVolumeClaim"]["claimName"]) for v in volumes
                if "persistentVolumeClaim" in v}
        used |= {("secret", v["secret"]["secretName"]) for v in volumes if "secret" in v}
        self.assertEqual(used, made)

    def test_what_is_before_the_proxy_may_connect_to_it(self):
        (parent,) = the("HTTPRoute")["spec"]["parentRefs"]
        peers = the("NetworkPolicy")["spec"]["ingress"][0]["from"]
        self.assertIn(parent["namespace"], list(values(peers, "kubernetes.io/metadata.name")))


if __name__ == "__main__":
    unittest.main()
