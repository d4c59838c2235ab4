"""What `kubectl kustomize DIR` prints, for as much of kustomize as deploy/kubernetes uses: Debian's
kubectl is too old for it. Anything else in a kustomization is an error, never passed over."""

import os

import yaml

KNOWN = {"apiVersion", "kind", "resources", "patches", "namespace", "images"}
# Lists whose items Kubernetes merges by a key, and lists that a patch replaces as a whole.
MERGED = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
REPLACED = {"args", "data", "hostnames", "hosts", "ingress", "parentRefs", "rules", "tls"}


class Unsupported(Exception):
    pass


def load(path):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def identity(document):
    return document["apiVersion"], document["kind"], document["metadata"]["name"]


def merge_list(name, old, new):
    if name in REPLACED:
        return new
    if name not in MERGED:
        raise Unsupported(f"a patch of the list {name}")
    key = MERGED[name]
    items = {item[key]: item for item in old}
    for item in new:
        items[item[key]] = merge(items.get(item[key], {}), item)
    return list(items.values())


def merge(old, new):
    """A strategic merge patch."""
    merged = dict(old)
    for name, value in new.items():
        if name.startswith("$") or value is None:
            raise Unsupported(f"{name}: {value} in a patch")
        if isinstance(value, dict):
            value = merge(old.get(name, {}), value)
        elif isinstance(value, list):
            value = merge_list(name, old.get(name, []), value)
        merged[name] = value
    return merged


def patch(documents, change):
    targets = [d for d in documents if identity(d) == identity(change)]
    if len(targets) != 1:
        raise Unsupported(f"a patch for {identity(change)}, of which there are {len(targets)}")
    documents[documents.index(targets[0])] = merge(targets[0], change)


def containers(node):
    """Every container of a document, wherever its pod is."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("containers", "initContainers"):
                yield from value
            else:
                yield from containers(value)
    elif isinstance(node, list):
        for item in node:
            yield from containers(item)


def set_image(documents, image):
    if set(image) != {"name", "newName", "newTag"}:
        raise Unsupported(f"images: {image}")
    for container in containers(documents):
        if container["image"].rpartition(":")[0] == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"


def set_namespace(documents, namespace):
    for document in documents:
        if document["kind"] != "Namespace":
            document["metadata"]["namespace"] = namespace
        elif document["metadata"]["name"] != namespace:
            raise Unsupported("a Namespace of another name")


def render(directory):
    """The documents of that kustomization."""
    (wanted,) = load(os.path.join(directory, "kustomization.yaml"))
    if set(wanted) - KNOWN:
        raise Unsupported(f"{directory}: {', '.join(sorted(set(wanted) - KNOWN))}")
    documents = []
    for resource in wanted["resources"]:
        path = os.path.join(directory, resource)
        documents += render(path) if os.path.isdir(path) else load(path)
    names = [identity(document) for document in documents]
    if len(set(names)) != len(names):
        raise Unsupported(f"{directory}: a document is there twice")
    for change in wanted.get("patches", []):
        if set(change) != {"path"}:
            raise Unsupported(f"{directory}: a patch with {', '.join(change)}")
        for document in load(os.path.join(directory, change["path"])):
            patch(documents, document)
    if "namespace" in wanted:
        set_namespace(documents, wanted["namespace"])
    for image in wanted.get("images", []):
        set_image(documents, image)
    return documents
