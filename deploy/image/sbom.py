"""Writes what is in the image as SPDX 2.3 (JSON): the program and Debian's packages.

Usage: sbom.py PROGRAM PACKAGE...
The same program and packages give the same bytes: the time is SOURCE_DATE_EPOCH, else 1970.
"""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys


def field(package, name):
    command = ["dpkg-query", "--show", f"--showformat=${{{name}}}", package]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def describe_package(package):
    version = field(package, "Version")
    architecture = field(package, "Architecture")
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", package),
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{package}@{version}"
                f"?arch={architecture}&distro=debian-12",
            }
        ],
    }


def describe_program(program):
    with open(program, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    said = subprocess.run([program, "--version", "--json"], check=True, capture_output=True)
    return {
        "SPDXID": "SPDXRef-zoom-proxy",
        "name": "zoom-proxy",
        "versionInfo": json.loads(said.stdout)["version"],
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }, digest


def main():
    program, digest = describe_program(sys.argv[1])
    packages = [describe_package(package) for package in sys.argv[2:]]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", program["SPDXID"])]
    relations += [(program["SPDXID"], "DEPENDS_ON", package["SPDXID"]) for package in packages]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "zoom-proxy",
        "documentNamespace": f"https://zoom-proxy.invalid/sbom/{digest}",
        "creationInfo": {
            "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: sbom.py"],
        },
        "packages": [program] + packages,
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
