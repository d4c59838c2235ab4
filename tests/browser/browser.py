"""A headless Chromium for tests of pages: chromium, chromium-driver and python3-selenium of Debian.

    with Browser() as browser:
        browser.size(1280)
        browser.open("file:///tmp/page.html")
        ...
        assert browser.errors() == []
"""

import base64
import json
import os
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"


class Browser:
    """One window with a profile of its own, which is gone afterwards."""

    def __init__(self):
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        options = Options()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new",
            f"--user-data-dir={self._profile.name}",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # root has none
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        try:
            self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        except Exception:
            self._profile.cleanup()
            raise
        self._requests = []
        self.open("about:blank")  # in place of Chromium's own first page ...
        self.driver.get_log("performance")  # ... which loads a lot

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self._profile.cleanup()

    def open(self, url):
        self.driver.get(url)

    def run(self, script, *arguments):
        """The value that `script` returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        """Of the elements that a person sees."""
        return [element.text for element in self.all(selector) if element.is_displayed()]

    def size(self, width, height=900):
        """Of the page, in CSS pixels, whatever a window's least width is."""
        self._command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )

    def media(self, media="screen", scheme="light"):
        """`media`: screen or print; `scheme`: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._command("Emulation.setEmulatedMedia", media=media, features=features)

    def too_wide(self):
        """CSS pixels by which the page is wider than the window."""
        return self.run("const e = document.documentElement; return e.scrollWidth - e.clientWidth;")

    def screenshot(self, path, top=0, height=None):
        """A PNG of the page from `top` on, the window's height or `height`."""
        view = self.run("return [innerWidth, innerHeight];")
        clip = {"x": 0, "y": top, "width": view[0], "height": height or view[1], "scale": 1}
        self._save(path, self._command(
            "Page.captureScreenshot", clip=clip, captureBeyondViewport=True))

    def pdf(self, path):
        """The page as it is printed, on A4."""
        self._save(path, self._command(
            "Page.printToPDF", printBackground=False, preferCSSPageSize=True))

    def errors(self):
        """What the console said since the last call, of any level: a clean page says nothing."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses that pages asked for so far, their own among them."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._requests.append(message["params"]["request"]["url"])
        return self._requests

    def _command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    @staticmethod
    def _save(path, answer):
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))
