#!/usr/bin/env python3
"""The status page of the real proxy in a real browser. Usage: status_test.py ZOOM_PROXY SIMULATOR

With UPDATE_DOCS=1 it also makes docs/images/status-*.png.
"""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from browser import Browser

PROXY, SIMULATOR = sys.argv[1:3]
IMAGES = os.path.join(os.path.dirname(__file__), "../../docs/images")
# The last of them not within a fraction, such as the sum of a metric's durations.
PERSONAL = re.compile(r"canary[\w.@-]*|\+1 ?5550|(?<![\d.])5550[0-9]{6}", re.IGNORECASE)
PATIENCE = 30  # seconds; pages refresh every three

SETTINGS = """
listen: {{address: 127.0.0.1, port: 0}}
admin: {{port: 0}}
inbound_auth: {{mode: platform}}
zoom:
  api_url: {zoom}
  token_url: {zoom}/oauth/token
  ca_file: {ca_file}
  account_id: simulator-account
  client_id: simulator-client
  client_secret: simulator-secret
pseudonyms:
  salt: browser-test-salt-0123456789abcdef
  encryption_key: browser-test-key-0123456789abcdef
"""

# A scope is missing, as after an incomplete set-up of the Zoom app.
SCOPES = """user:read:list_users:admin meeting:read:list_meetings:admin meeting:read:meeting:admin
meeting:read:past_meeting:admin meeting:read:list_past_instances:admin report:read:user:admin
meeting:read:list_past_participants:admin report:read:list_meeting_participants:admin
cloud_recording:read:list_user_recordings:admin"""
MISSING = "meeting:read:summary:admin"


class Program:
    """A child process whose first lines of output tell where it listens."""

    def __init__(self, command, wanted):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        for line in self.process.stdout:
            if wanted in line:
                self.facts = json.loads(line)
                return
        raise RuntimeError(f"{command[0]} ended before it said {wanted}")

    def stop(self):
        self.process.terminate()
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)


class World:
    """Look-alike and proxy, wired together."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="status-test-")
        home = self.directory.name
        self.simulator = Program(
            [SIMULATOR, "--directory", home, "--until-stdin-closes"], '"ca_file"')
        self.zoom = f"https://localhost:{self.simulator.facts['port']}"
        self.tls = ssl.create_default_context(cafile=self.simulator.facts["ca_file"])
        with open(os.path.join(home, "settings.yaml"), "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(zoom=self.zoom, ca_file=self.simulator.facts["ca_file"]))
        self.proxy = Program([PROXY, "serve", "--config", file.name], '"startup"')
        self.public = f"http://127.0.0.1:{self.proxy.facts['port']}"
        self.admin = f"http://127.0.0.1:{self.proxy.facts['adminPort']}"

    def control(self, **fault):
        request = urllib.request.Request(f"{self.zoom}/control", json.dumps(fault).encode())
        urllib.request.urlopen(request, context=self.tls).close()

    def of_zoom(self, path):
        with urllib.request.urlopen(self.zoom + path, context=self.tls) as answer:
            return json.load(answer)

    def example(self):
        return self.of_zoom("/control/examples?user=0")

    def await_held(self):
        """Until the look-alike holds an answer."""
        end = time.monotonic() + PATIENCE
        while self.of_zoom("/control/stats")["held"] != 1:
            assert time.monotonic() < end, "nothing is held"

    def get(self, path):
        """The status of the proxy's answer."""
        try:
            with urllib.request.urlopen(self.public + path) as answer:
                answer.read()
                return answer.status
        except urllib.error.HTTPError as error:
            error.read()
            return error.code

    def rules_sha(self, path):
        """By which rules an answer was made."""
        with urllib.request.urlopen(self.public + path) as answer:
            return answer.headers["X-Psoxy-Rules-SHA"]

    def of_admin(self, path):
        with urllib.request.urlopen(self.admin + path) as answer:
            return answer.read().decode()

    def close(self):
        codes = [program.stop() for program in (self.proxy, self.simulator)]
        self.directory.cleanup()
        return codes[0]


def seconds_of(span):
    """Of a text like "1 min 3 s"."""
    parts = re.findall(r"(\d+) (min|s)\b", span)
    assert parts, span
    return sum(int(number) * {"min": 60, "s": 1}[unit] for number, unit in parts)


def traffic(world):
    """Some of each kind: how many requests each route has got."""
    example = world.example()
    user, meeting = example["user_id"], example["meetings"][1]["id"]
    plan = {"/v2/users": 12, f"/v2/users/{user}/meetings": 7, f"/v2/meetings/{meeting}": 5}
    for path, times in plan.items():
        for _ in range(times):
            assert world.get(path) == 200, path
    world.control(fault="status", status=404, times=2)
    assert [world.get("/v2/users") for _ in range(2)] == [404, 404]
    world.control(fault="broken_json", times=3)
    assert [world.get("/v2/users") for _ in range(3)] == [502, 502, 502]
    for _ in range(4):
        assert world.get(f"/v2/users/{user}/settings?of={example['email']}") == 403


class StatusPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.close)
        cls.world.control(fault="scopes", scope=" ".join(SCOPES.split()))
        traffic(cls.world)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.__exit__)
        cls.browser.size(1280, 1000)
        cls.browser.open(cls.world.admin + "/")

    def texts(self, selector):
        """In one go, as the page draws itself anew at any time."""
        return self.browser.run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())",
            selector)

    def text(self, selector):
        return self.texts(selector)[0]

    def await_text(self, selector, wanted):
        """Looks until the first element that fits has that text."""
        end = time.monotonic() + PATIENCE
        while True:
            texts = self.texts(selector)
            if texts and texts[0] == wanted:
                return
            self.assertLess(time.monotonic(), end, f"{selector}: {texts[:1]}, not {wanted!r}")

    def await_fact(self, section, name, wanted):
        end = time.monotonic() + PATIENCE
        while (found := self.fact(section, name)) != wanted:
            self.assertLess(time.monotonic(), end, f"{name}: {found!r}, not {wanted!r}")

    def fact(self, section, name):
        """What stands beside that name in a list of facts; None when it is not there."""
        return self.browser.run(
            "const term = [...document.querySelectorAll(`#${arguments[0]} dt`)]"
            ".find(e => e.innerText.trim() === arguments[1]);"
            "return term ? term.nextElementSibling.innerText.trim() : null", section, name)

    def status(self):
        return json.loads(self.world.of_admin("/status.json"))

    def assert_goes_with_the_clock(self, shown, since):
        """A span on the page, as it draws itself anew, lies between two looks of our own."""
        def age():
            status = self.status()
            return (status["now"] - since(status)) / 1000
        earlier = age()
        end = time.monotonic() + PATIENCE
        while seconds_of(shown()) < earlier - 1:
            self.assertLess(time.monotonic(), end, f"{shown()} stays behind {earlier} s")
        self.assertLess(seconds_of(shown()), age() + 1)

    def figure(self, route, name):
        return f'[data-route="{route}"] [data-figure="{name}"]'

    def test_1_figures_agree_with_what_was_sent(self):
        self.await_text(self.figure("/v2/users", "requests"), "17")
        self.await_text(self.figure("/v2/users", "errors"), "29 %")
        self.await_text(self.figure("/v2/users/{userId}/meetings", "requests"), "7")
        self.await_text(self.figure("/v2/users/{userId}/meetings", "errors"), "0 %")
        self.await_text(self.figure("none", "requests"), "4")
        self.await_text('[data-reason="blocked_by_rules"]', "4")
        self.await_text('[data-reason="bad_source_response"]', "3")
        self.await_text('[data-reason="api_error"]', "2")
        self.await_text('#upstream [data-code="200"]', "27")
        self.await_text('#upstream [data-code="404"]', "2")
        self.await_text("#tile-refused strong", "9")
        self.await_text("#tile-flight strong", "0")
        self.assertIn("rules zoom", self.text("#facts"))
        self.assertRegex(self.text("#tile-token strong"), r"^(5\d min|1 h 0 min)$")
        latency = self.text("#tile-latency strong")
        self.assertRegex(latency, r"^(< 1 ms|\d+ ms|[\d.]+ s)$")

    def test_2_late_errors_by_name(self):
        kinds = [" ".join(text.split()[:3]) for text in self.texts("#recent .kind")]
        self.assertEqual(kinds[:3], ["request BLOCKED_BY_RULES 4", "request BAD_SOURCE_RESPONSE 3",
                                     "request API_ERROR 2"])

    def test_3_a_missing_scope_is_red(self):
        self.assertEqual(self.texts(".chips .missing"), [f"missing: {MISSING}"])
        self.assertEqual(len(self.texts(".chips li")), 10)
        colour = self.browser.run(
            "return getComputedStyle(document.querySelector('.chips .missing')).color")
        red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
        self.assertGreater(red, 2 * max(green, blue))
        self.assertIn(MISSING, self.text("#notices .bad"))
        self.assertEqual(self.text("#state"), "ready, degraded")

    def test_4_refreshes_by_itself(self):
        self.browser.run("window.stillTheSamePage = true")
        for _ in range(3):
            self.world.get("/v2/users")
        self.await_text(self.figure("/v2/users", "requests"), "20")
        self.browser.one('[data-period="window"]').click()
        self.await_text(self.figure("/v2/users", "requests"), "3")
        self.browser.one('[data-period="start"]').click()
        self.await_text(self.figure("/v2/users", "requests"), "20")
        self.assertTrue(self.browser.run("return window.stillTheSamePage"))

    def test_5_fits_any_width_light_and_dark(self):
        for width in (390, 768, 1280):
            self.browser.size(width, 1000)
            self.assertEqual(self.browser.too_wide(), 0, width)
        shades = []
        for scheme in ("light", "dark"):
            self.browser.media(scheme=scheme)
            colour = self.browser.run("return getComputedStyle(document.body).backgroundColor")
            shades.append(sum(int(part) for part in re.findall(r"\d+", colour)[:3]))
        self.assertGreater(shades[0], 600)
        self.assertLess(shades[1], 150)
        if os.environ.get("UPDATE_DOCS") == "1":
            self.make_pictures()
        self.browser.media(scheme="light")
        self.browser.size(1280, 1000)

    def make_pictures(self):
        os.makedirs(IMAGES, exist_ok=True)
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                self.browser.size(width, 1000)
                self.browser.media(scheme=scheme)
                height = self.browser.run("return document.documentElement.scrollHeight")
                name = "desktop" if width == 1280 else "phone"
                path = os.path.join(IMAGES, f"status-{name}-{scheme}.png")
                self.browser.screenshot(path, height=height)
                self.assertLess(os.path.getsize(path), 300_000, path)

    def test_6_tells_what_runs(self):
        user = self.world.example()["user_id"]
        sha = self.world.rules_sha(f"/v2/users/{user}/meetings")
        self.assertRegex(sha, "^[0-9a-f]{40}$")
        self.assertEqual(self.fact("rules", "SHA-1"), sha)
        self.assertIn(f"rules zoom {sha[:8]}", self.text("#facts"))
        self.assert_goes_with_the_clock(
            lambda: re.search(r"\bup (.*?) ?(\n|rules|$)", self.text("#facts")).group(1),
            lambda status: status["started"])
        self.assert_goes_with_the_clock(
            lambda: self.fact("token", "Age"), lambda status: status["token"]["obtained"])
        self.assertEqual(self.fact("token", "Scopes"), "9 granted, 1 missing")

    def test_6_tells_of_reloads(self):
        self.assertEqual(self.fact("rules", "Reloads"), "none")
        self.world.proxy.process.send_signal(signal.SIGHUP)
        self.await_fact("rules", "Reloads", "1 rules ok, 1 settings ok")

    def test_6_tells_of_the_pool(self):
        self.assertEqual(self.text("#pool-size"), "of 32")
        self.await_text("#pool .legend .a", "0 in use")
        self.assertRegex(self.text("#pool .legend .s"), "^[1-9] idle$")
        self.world.control(fault="hold", times=1)
        path = f"/v2/users/{self.world.example()['user_id']}/meetings"
        client = threading.Thread(target=self.world.get, args=(path,))
        client.start()
        self.world.await_held()
        self.await_text("#pool .legend .a", "1 in use")
        self.await_text("#tile-flight strong", "1")
        self.world.control(fault="release")
        client.join()
        self.await_text("#pool .legend .a", "0 in use")
        self.await_text("#tile-flight strong", "0")

    def test_7_holds_no_personal_data(self):
        page = self.browser.run("return document.documentElement.outerHTML")
        for text in (page, self.world.of_admin("/status.json"), self.world.of_admin("/metrics")):
            self.assertGreater(len(text), 500)
            self.assertEqual(PERSONAL.findall(text), [])

    def test_8_asks_nobody_else_and_the_console_is_silent(self):
        addresses = self.browser.requests()
        self.assertIn(self.world.admin + "/status.json", addresses)
        for address in addresses:
            self.assertTrue(address.startswith((self.world.admin + "/", "data:")), address)
        self.assertEqual(self.browser.errors(), [])

    def test_9_says_when_the_proxy_is_gone(self):
        self.assertEqual(self.world.proxy.stop(), 0)
        self.await_text("#state", "cannot be reached")
        self.assertIn("cannot be reached any more", self.text("#unreachable"))
        self.await_text(self.figure("/v2/users", "requests"), "20")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
