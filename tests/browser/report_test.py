#!/usr/bin/python3
"""The privacy officer's report in a real browser. Usage: report_test.py ZOOM_PROXY [unittest args]

With UPDATE_DOCS=1 in the environment it also writes docs/images/report-*.png.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(sys.argv.pop(1))
MOST_BYTES = 300_000  # of one picture
DESKTOP, PHONE, PAPER = 1280, 390, 794  # CSS pixels; the last is A4

# A customer's rules, hostile by name, in part without a list of fields.
HOSTILE = """
endpoints:
  - pathTemplate: /v2/<img src=x onerror=alert(1)>
    responseSchema:
      type: object
      properties: { "<script>alert(2)</script>": { type: string } }
  - pathTemplate: /v2/users
"""


def zoom_proxy(*arguments):
    done = subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, check=True,
        env={"SOURCE_DATE_EPOCH": "1767225600"},
    )
    return done.stdout


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="report-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        rules = os.path.join(cls.folder, "hostile.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(HOSTILE)
        pages = {
            "report": [],
            "difference": ["--diff", "zoom-strict"],
            "hostile": ["--rules", rules],
        }
        for name, arguments in pages.items():
            zoom_proxy("explain", *arguments, "--html", os.path.join(cls.folder, name + ".html"))
        cls.explained = json.loads(zoom_proxy("explain", "--json"))["endpoints"]
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.show("report")

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])

    def show(self, name, width=DESKTOP):
        self.browser.size(width)
        self.browser.media()
        self.browser.open(f"file://{self.folder}/{name}.html")

    def search(self, words):
        box = self.browser.one("#words")
        box.clear()
        box.send_keys(words or " \b")

    def rows(self):
        """The fields that a person sees."""
        return self.browser.run(
            "return [...document.querySelectorAll('.fields tbody:not(.others) tr')]"
            ".filter(row => row.offsetParent).map(row => row.cells[0].textContent);")

    def titles(self):
        return self.browser.texts(".endpoint > h3")

    def picture(self, name, selector="body", height=900):
        """Of the page from that element on; kept where the documentation shows it."""
        update = os.environ.get("UPDATE_DOCS")
        folder = os.path.join(PROJECT, "docs/images") if update else self.folder
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"report-{name}.png")
        top = self.browser.run(
            "return document.querySelector(arguments[0]).getBoundingClientRect().top + scrollY;",
            selector)
        self.browser.screenshot(path, max(0, top - 16), height)
        self.assertGreater(os.path.getsize(path), 5_000)
        self.assertLess(os.path.getsize(path), MOST_BYTES)

    def test_says_what_explain_says(self):
        sections = self.browser.run("""
            return [...document.querySelectorAll('.endpoint')].map(section => ({
              rule: section.querySelector('.rule pre').textContent,
              fields: [...section.querySelectorAll('.fields tbody:not(.others) tr')].map(row => [
                row.cells[0].textContent,
                [...row.querySelectorAll('.badge')].map(badge => badge.classList[1])])}));""")
        expected = [
            {"rule": endpoint["endpoint"],
             "fields": [[field["place"][2:], field["fate"]] for field in endpoint["fields"]]}
            for endpoint in self.explained]
        self.assertEqual(sections, expected)
        counts = [int(text) for text in self.browser.texts(".tiles .number")]
        self.assertEqual(sum(counts), sum(len(endpoint["fields"]) for endpoint in self.explained))
        for column, count in enumerate(counts, 2):
            cells = self.browser.texts(f".overview td:nth-child({column})")
            self.assertEqual(sum(map(int, cells)), count)

    def test_finds_fields_and_requests(self):
        everything, titles = self.rows(), self.titles()
        self.assertEqual(len(titles), len(self.explained))
        self.search("user_email")
        self.assertTrue(self.rows())
        self.assertEqual([row for row in self.rows() if "user_email" not in row], [])
        self.assertEqual(len(self.rows()), sum("user_email" in row for row in everything))
        found = f"{len(self.rows())} of {len(everything)} fields"
        self.assertIn(found, self.browser.one("#found").text)
        self.search("Recordings")
        self.assertEqual(self.titles(), ["A user's recordings"])
        recordings = next(e for e in self.explained if "cloud_recording" in e["scope"])
        self.assertEqual(len(self.rows()), len(recordings["fields"]))
        self.search("recordings pseudonym")
        self.assertEqual(self.rows(), ["meetings[].account_id", "meetings[].host_id"])
        self.search("nosuchfield")
        self.assertEqual((self.rows(), self.titles()), ([], []))
        self.assertIn("Nothing has this in its name", self.browser.one("#found").text)
        self.search("")
        self.assertEqual((self.rows(), self.titles()), (everything, titles))
        self.assertEqual(self.browser.one("#found").text, "")

    def test_shows_examples_before_and_after(self):
        before = self.browser.texts("pre.before")
        after = self.browser.texts("pre.after")
        self.assertEqual((len(before), len(after)), (len(self.explained),) * 2)
        people = ("mara.lindqvist", "jonas.okafor", "priya.nair", "Mara", "Jonas", "Priya")
        self.assertTrue(all(any(person in text for text in before) for person in people))
        for text in after:
            self.assertNotRegex(text, "(?i)mara|jonas|priya|lindqvist|okafor|secret")
        self.assertTrue(any("t~" in text and "p~" in text for text in after))

    def test_asks_the_network_for_nothing(self):
        loaded = self.browser.run("return performance.getEntriesByType('resource').length;")
        self.assertEqual(loaded, 0)
        self.assertEqual({url.split("/")[0] for url in self.browser.requests()}, {"file:"})
        blocked = self.browser.run("""
            return new Promise(done => {
              document.addEventListener('securitypolicyviolation',
                event => done(event.violatedDirective));
              new Image().src = 'http://127.0.0.1:9/x.png';
            });""")
        self.assertEqual(blocked, "img-src")
        self.assertEqual(len(self.browser.errors()), 1)  # what the browser says of that

    def test_says_what_other_rules_change(self):
        self.assertEqual(self.browser.all("#difference"), [])
        self.show("difference")
        lines = zoom_proxy("explain", "--diff", "zoom-strict").splitlines()
        places = [line.split("`")[1].removeprefix("$.") for line in lines if line.startswith("| `")]
        self.assertTrue(places)
        self.assertEqual(self.browser.texts("#difference td.place"), places)
        self.assertIn("zoom-strict", self.browser.one("#difference h2").text)
        self.assertEqual(set(self.browser.texts("#difference .verdict")), {"less leaves"})
        self.picture("difference", "#difference", 700)

    def test_shows_hostile_names_as_text(self):
        self.show("hostile")
        self.assertEqual(self.browser.all("img, .endpoint script"), [])
        self.assertIn("/v2/<img src=x onerror=alert(1)>", self.titles())
        self.assertIn("<script>alert(2)</script>", self.rows())
        self.assertEqual(len(self.browser.texts(".warning")), 2)
        self.assertEqual(len(self.browser.texts(".no-example")), 1)
        self.show("hostile", PHONE)
        self.assertEqual(self.browser.too_wide(), 0)

    def test_fits_desktop_and_phone_in_light_and_dark(self):
        backgrounds = set()
        for width in (DESKTOP, PHONE):
            for scheme in ("light", "dark"):
                for page in ("difference", "report"):
                    self.show(page, width)
                    self.browser.media(scheme=scheme)
                    self.assertEqual(self.browser.too_wide(), 0, (page, width))
                backgrounds.add(self.browser.run(
                    "return getComputedStyle(document.body).backgroundColor;"))
                self.picture(f"{'phone' if width == PHONE else 'desktop'}-{scheme}")
        self.assertEqual(len(backgrounds), 2)
        self.show("report")
        self.picture("example", "#endpoint-8 .example", 960)

    def test_is_readable_on_paper(self):
        self.search("user_email")
        self.browser.size(PAPER)
        self.browser.media("print", "dark")
        style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]];"
        self.assertEqual(self.browser.run(style, "#search", "display"), "none")
        self.assertEqual(self.browser.run(style, ".fields tr", "breakInside"), "avoid")
        self.assertEqual(self.browser.run(style, ".endpoint h3", "breakAfter"), "avoid")
        self.assertEqual(self.browser.run(style, ".fields thead", "display"), "table-header-group")
        self.assertEqual(self.browser.run(style, "body", "backgroundColor"), "rgb(255, 255, 255)")
        self.assertEqual(len(self.rows()), sum(len(e["fields"]) for e in self.explained))
        self.assertEqual(self.browser.too_wide(), 0)
        self.picture("paper", height=1123)
        folded = "return [...document.querySelectorAll('details')].filter(d => !d.open).length;"
        self.assertGreater(self.browser.run(folded), 0)
        self.browser.pdf(os.path.join(self.folder, "report.pdf"))
        self.assertEqual(self.browser.run(folded), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
