"""The manifests of deploy/, read and rendered, and what finds its way in them."""

import glob
import os

import kustomize

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
KUBERNETES = os.path.join(ROOT, "deploy/kubernetes")
CLOUD_RUN = os.path.join(ROOT, "deploy/cloud-run")
UID = 65532

DIRECTORIES = sorted(os.path.dirname(path) for path in glob.glob(
    KUBERNETES + "/**/kustomization.yaml", recursive=True))
RENDERED = {os.path.relpath(path, KUBERNETES): kustomize.render(path) for path in DIRECTORIES}
EXAMPLE = RENDERED["example"]
(SERVICE,) = kustomize.load(os.path.join(CLOUD_RUN, "service.yaml"))
(BULK_JOB,) = kustomize.load(os.path.join(CLOUD_RUN, "bulk-job.yaml"))
EVERYTHING = [(place, d) for place, documents in RENDERED.items() for d in documents]
EVERYTHING += [("cloud-run", SERVICE), ("cloud-run", BULK_JOB)]


def the(kind, documents=None, name="zoom-proxy"):
    (found,) = [d for d in documents or EXAMPLE
                if d["kind"] == kind and d["metadata"]["name"] == name]
    return found


def pods(document):
    """The pod specifications in a document."""
    if isinstance(document, dict):
        if "containers" in document:
            yield document
        for value in document.values():
            yield from pods(value)
    elif isinstance(document, list):
        for item in document:
            yield from pods(item)


def environment(container):
    return {variable["name"]: variable["value"] for variable in container["env"]}


def probes(container):
    return {name: container[name] for name in container if name.endswith("Probe")}
