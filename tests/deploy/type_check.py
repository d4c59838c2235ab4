"""Compares manifests with the types of kinds.ts, by the TypeScript compiler: an unknown field, a
missing one or a value of the wrong type is an error. The types come with the npm packages of
package-lock.json, which install-types.sh installs."""

import json
import os
import re
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(HERE, "../../build/tools/node_modules")
OPTIONS = {
    "noEmit": True, "strict": True, "skipLibCheck": True, "types": [], "module": "commonjs",
    "moduleResolution": "node", "target": "es2020", "lib": ["es2020"],
}


def as_google_json(node):
    """Google's JSON has whole numbers of 64 bits as texts; gcloud takes them either way."""
    if isinstance(node, dict):
        return {name: str(value) if name == "timeoutSeconds" and node.get("maxRetries") is not None
                else as_google_json(value) for name, value in node.items()}
    if isinstance(node, list):
        return [as_google_json(item) for item in node]
    return node


def errors(documents):
    """For each document what is wrong with it, as a list of messages."""
    if not os.path.isdir(MODULES):
        raise RuntimeError("the types are not there: run tests/deploy/install-types.sh")
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(os.path.join(HERE, "kinds.ts"), directory)
        options = dict(OPTIONS, baseUrl=os.path.abspath(MODULES))
        with open(os.path.join(directory, "tsconfig.json"), "w", encoding="utf-8") as file:
            json.dump({"compilerOptions": options, "include": ["*.ts"]}, file)
        for number, document in enumerate(documents):
            kind = json.dumps(f"{document['apiVersion']} {document['kind']}")
            if document["apiVersion"] == "run.googleapis.com/v1":
                document = as_google_json(document)
            with open(os.path.join(directory, f"{number}.ts"), "w", encoding="utf-8") as file:
                file.write('import { Kinds } from "./kinds";\n'
                           f"export const document: Kinds[{kind}] = {json.dumps(document)};\n")
        compiler = os.path.join(MODULES, "typescript/bin/tsc")
        run = subprocess.run(["node", compiler, "--pretty", "false", "--project", directory],
                             stdout=subprocess.PIPE, text=True, check=False)
    found = [[] for _ in documents]
    for line in run.stdout.splitlines():
        place = re.match(r"(?:.*/)?(\d+)\.ts\(\d+,\d+\): error (.*)", line)
        if place:
            found[int(place[1])].append(place[2])
        elif not line.startswith(" "):
            raise RuntimeError(f"the compiler says of kinds.ts or itself: {line}")
    if (run.returncode != 0) != any(found):
        raise RuntimeError(f"the compiler ended with {run.returncode}: {run.stdout}")
    return found
