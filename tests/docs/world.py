"""The world that the commands of a page run in: the program, the files that pages speak of, a
look-alike of Zoom, and stand-ins for what needs a network."""

import csv
import json
import os
import shutil
import subprocess
import sys

from commands import BUILT, RUN, STAND_IN

# Takes what comes through a pipe and says nothing.
STAND_IN_TEXT = "#!/bin/bash\n[ ! -p /dev/stdin ] || /bin/cat >/dev/null\n"

# The program, with the look-alike in Zoom's place; a server is stopped as soon as it listens. What
# fails is written down, as the shell does not count it in the middle of a list (`a && b`).
PROGRAM_TEXT = """#!/bin/bash
unset TARGET_HOST
export ZOOM_PROXY_ZOOM_API_URL={zoom} ZOOM_PROXY_ZOOM_TOKEN_URL={zoom}/oauth/token
export ZOOM_PROXY_ZOOM_CA_FILE={ca_file}
if [ "${{1-}}" = serve ]; then
  export ZOOM_PROXY_LISTEN_PORT=0 ZOOM_PROXY_ADMIN_PORT=0
  exec {{out}}< <(exec {program} "$@")
  server=$!
  while IFS= read -r -t 30 -u "$out" line; do
    [[ $line != *listening* ]] || kill "$server"
  done
  wait "$server"
else
  /usr/bin/timeout 30 {program} "$@"
fi
code=$?
[ "$code" = 0 ] || echo "zoom-proxy $* ends with $code" >>"$HOME/failed"
exit "$code"
"""

# Refuses what gcloud itself would.
GCLOUD_TEXT = STAND_IN_TEXT + "exec /usr/bin/env -i {python} -B {commands} \"$@\"\n"
GCLOUD_COMMANDS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               "../deploy/gcloud_commands.py")

USERS = {"users": [{"id": "kR3xT9vQSmWb2LfYp6ZdAg", "email": "ada@corp.example", "type": 2,
                    "display_name": "Ada"}], "page_size": 30}
METRICS = [["User Name", "Email", "Action", "Feature used", "Department"],
           ["Ada", "ada@corp.example", "13", "Meeting summary;", "Research"]]
SETTINGS = """inbound_auth: { mode: platform }
zoom:
  account_id_file: ROOT/run/secrets/account-id
  client_id_file: ROOT/run/secrets/client-id
  client_secret_file: ROOT/run/secrets/client-secret
pseudonyms:
  salt_file: ROOT/run/secrets/salt
  encryption_key_file: ROOT/run/secrets/encryption-key
"""
SECRETS = {
    "account-id": "simulator-account", "client-id": "simulator-client",
    "client-secret": "simulator-secret", "salt": "salt-of-the-test-0123456789-abcdefg",
    "encryption-key": "key-of-the-test-0123456789-abcdefgh",
}


def write(path, text, executable=False):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    if executable:
        os.chmod(path, 0o755)


class World:
    """Used as a context; makes a fresh folder for each page."""

    def __init__(self, project, program, simulator, scratch):
        self.project, self.scratch = project, scratch
        self.program = os.path.abspath(program)
        self.typed = os.path.join(scratch, "typed")  # for commands that ask the reader
        self._bin = os.path.join(scratch, "bin")
        self._simulator, self._zoom, self._count = os.path.abspath(simulator), None, 0

    def __enter__(self):
        self._zoom = subprocess.Popen([self._simulator, "--directory", self.scratch],
                                      stdout=subprocess.PIPE, text=True)
        ready = next(json.loads(line) for line in self._zoom.stdout if '"ca_file"' in line)
        wrapper = PROGRAM_TEXT.format(program=self.program, ca_file=ready["ca_file"],
                                      zoom=f"https://localhost:{ready['port']}")
        write(self.typed, "typed\n" * 100)
        write(os.path.join(self._bin, "zoom-proxy"), wrapper, executable=True)
        for name in STAND_IN:
            write(os.path.join(self._bin, name), STAND_IN_TEXT, executable=True)
        write(os.path.join(self._bin, "gcloud"), executable=True, text=GCLOUD_TEXT.format(
            python=sys.executable, commands=GCLOUD_COMMANDS))
        for name in RUN:
            if found := shutil.which(name):
                os.symlink(found, os.path.join(self._bin, name))
        return self

    def __exit__(self, *_):
        self._zoom.terminate()
        self._zoom.communicate()

    def environment(self, root):
        return {"PATH": self._bin, "HOME": root, "TMPDIR": root, "LC_ALL": "C.UTF-8"}

    def fresh(self):
        """A folder with everything that a page may name."""
        self._count += 1
        root = os.path.join(self.scratch, str(self._count))
        for name, value in SECRETS.items():
            write(os.path.join(root, "run/secrets", name), value + "\n")
        settings = SETTINGS.replace("ROOT", root)
        for name in ("zoom-proxy.yaml", "settings.yaml", "etc/zoom-proxy/settings.yaml",
                     "etc/zoom-proxy.yaml"):
            write(os.path.join(root, name), settings)
        with open(os.path.join(self.project, "rules/zoom.yaml"), encoding="utf-8") as file:
            rules = file.read()
        for name in ("my-rules.yaml", "old-rules.yaml"):
            write(os.path.join(root, name), rules)
        for name in ("answer.json", "users.json"):
            write(os.path.join(root, name), json.dumps(USERS))
        for name in ("metrics.csv", "mnt/in/metrics.csv"):
            write(os.path.join(root, name), "")
            with open(os.path.join(root, name), "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(METRICS)
        os.makedirs(os.path.join(root, "mnt/out"))
        self._copy_programs(root)
        return root

    def _copy_programs(self, root):
        """What a page starts by its path: the program, and stand-ins for scripts that are there;
        and the manifests that it fills in."""
        os.makedirs(os.path.join(root, "build/release"))
        os.symlink(os.path.join(self._bin, "zoom-proxy"),
                   os.path.join(root, "build/release/zoom-proxy"))
        for name in BUILT:
            write(os.path.join(root, name), STAND_IN_TEXT, executable=True)
        for folder, subfolders, names in os.walk(self.project):
            subfolders[:] = set(subfolders) - {".git", "build", "node_modules"}
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith((".sh", ".py")) and os.access(path, os.X_OK):
                    write(os.path.join(root, os.path.relpath(path, self.project)), STAND_IN_TEXT,
                          executable=True)
                elif name.endswith(".yaml") and "/deploy/" in path:
                    copy = os.path.join(root, os.path.relpath(path, self.project))
                    os.makedirs(os.path.dirname(copy), exist_ok=True)
                    shutil.copy(path, copy)
