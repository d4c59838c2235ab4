#!/usr/bin/env python3
"""Alerts and dashboard ask for what there is, each alert fires, and the checks of that bite.

Usage: observability_test.py PROMTOOL
"""

import os
import shutil
import sys
import tempfile
import unittest

import observability
from observability import ALERTS, DASHBOARD, REFERENCE, RUNBOOKS, TESTS, TESTS_OF_DAYS

PROMTOOL = os.path.abspath(sys.argv[1])
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
FILES = (ALERTS, TESTS, TESTS_OF_DAYS, DASHBOARD, RUNBOOKS, REFERENCE, "rules/zoom.yaml")


class ObservabilityTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for path in FILES:
            os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, path), os.path.join(self.root, path))

    def change(self, path, old, new, count=-1):
        """Breaks the copy."""
        text = observability.read(self.root, path)
        self.assertIn(old, text)
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, count))

    def expect(self, found, *parts):
        """Each violation holds its part."""
        self.assertEqual(len(found), len(parts), found)
        for violation, part in zip(found, parts):
            self.assertIn(part, violation)

    def test_ours_are_as_they_should_be(self):
        self.assertEqual(observability.check(ROOT, PROMTOOL), [])

    def test_rules_that_prometheus_would_not_load(self):
        self.change(ALERTS, "absent(zoom_proxy_build_info)", "absent(zoom_proxy_build_info")
        self.expect(observability.check_rules(self.root, PROMTOOL), "unclosed left parenthesis")

    def test_alerts_that_do_not_do_what_they_should(self):
        self.change(ALERTS, 'result="refused"}[15m])) > 0', 'result="refused"}[15m])) > 9')
        self.change(ALERTS, "> 192 * 1024 * 1024", "> 128 * 1024 * 1024")
        self.change(ALERTS, "Whatever takes the output", "What takes the output")
        [said] = observability.run_tests(self.root, PROMTOOL, [TESTS])
        for alert in ("TokenRefused", "MemoryHigh", "LogEventsDropped"):
            self.assertIn(f"alertname: ZoomProxy{alert}", said)
        self.assertNotIn("alertname: ZoomProxyAbsent", said)

    def test_what_every_alert_needs(self):
        self.change(ALERTS, "for: 10m\n        labels: {severity: critical}",
                    "labels: {severity: red}")
        self.change(ALERTS, "summary: Log lines are lost", "summary:")
        self.change(ALERTS, "alerts.md#zoomproxyslow", "alerts.md#slow")
        self.expect(observability.check_alerts(self.root), "ZoomProxySlow: runbook",
                    "ZoomProxyAbsent: severity", "ZoomProxyAbsent: `for`",
                    "ZoomProxyLogEventsDropped: summary")

    def test_an_alert_without_its_tests(self):
        self.change(TESTS, "{alertname: ZoomProxySlow, ", "{alertname: ZoomProxyAbsent, ")
        self.change(TESTS, "- alertname: ZoomProxyRateLimited", "- alertname: ZoomProxyLimited")
        self.expect(observability.check_coverage(self.root),
                    "ZoomProxyRateLimited: no test in which it fires",
                    "ZoomProxySlow: no test in which it keeps quiet", "ZoomProxyLimited: tested")

    def test_a_runbook_without_its_alert(self):
        self.change(RUNBOOKS, "## ZoomProxySlow\n", "## ZoomProxySluggish\n")
        self.expect(observability.check_runbooks(self.root), "ZoomProxySlow: no section",
                    "ZoomProxySluggish is no alert")

    def test_a_metric_that_does_not_exist(self):
        self.change(ALERTS, "absent(zoom_proxy_build_info)", "absent(zoom_proxy_build)")
        self.change(DASHBOARD, "process_open_fds", "process_open_files")
        self.expect(observability.check_names(self.root), "no metric `zoom_proxy_build`",
                    "no metric `process_open_files`")

    def test_a_metric_that_is_renamed(self):
        self.change(REFERENCE, "`zoom_proxy_log_events_dropped_total`", "`zoom_proxy_log_lost`")
        self.expect(observability.check_names(self.root), "ZoomProxyLogEventsDropped: no metric",
                    "panel Log lines lost: no metric")

    def test_a_histogram_is_no_series(self):
        self.change(ALERTS, "request_duration_seconds_sum", "request_duration_seconds")
        self.expect(observability.check_names(self.root),
                    "no metric `zoom_proxy_request_duration_seconds`")

    def test_a_label_that_does_not_exist(self):
        self.change(ALERTS, '{state="waiting"}', '{kind="waiting"}')
        self.change(DASHBOARD, "sum by (action)", "sum by (deed)")
        self.change(DASHBOARD, '"legendFormat": "{{code}}"', '"legendFormat": "{{status}}"', 1)
        self.change(ALERTS, "old {{ $labels.what }}", "old {{ $labels.file }}")
        self.expect(observability.check_names(self.root), "has no label `kind`",
                    "ZoomProxyReloadFailed: no label `file`", "Answers by code: no label `status`",
                    "Values by what became of them: no label `deed`")

    def test_a_value_that_does_not_exist(self):
        self.change(ALERTS, 'result="refused"}[15m]', 'result="denied"}[15m]')
        self.change(ALERTS, 'code=~"5..|none"}[10m]', 'code=~"5..|nothing"}[10m]')
        self.change(ALERTS, '{state="waiting"}', '{state=~"wait.*|queued"}')
        self.expect(observability.check_names(self.root), "is never `denied`",
                    "is never `nothing`", "is never `queued`")

    def test_a_selector_without_a_name(self):
        self.change(ALERTS, "absent(zoom_proxy_build_info)", 'absent({job="zoom-proxy"})')
        self.expect(observability.check_names(self.root), "ZoomProxyAbsent: no metric ``")

    def test_panels_of_one_id(self):
        self.change(DASHBOARD, '"id": 3,', '"id": 2,')
        self.expect(observability.check_dashboard(self.root), "panel id 2")

    def test_panels_in_one_place(self):
        self.change(DASHBOARD, '"gridPos": {"x": 8, "y": 1, "w": 8, "h": 8}',
                    '"gridPos": {"x": 7, "y": 1, "w": 8, "h": 8}')
        self.change(DASHBOARD, '"gridPos": {"x": 16, "y": 1, "w": 8, "h": 8}',
                    '"gridPos": {"x": 17, "y": 1, "w": 8, "h": 8}')
        self.expect(observability.check_dashboard(self.root), "wider than the page",
                    "Answers by code: overlaps Requests by route")

    def test_a_panel_of_one_grafana_alone(self):
        self.change(DASHBOARD, '{"type": "prometheus", "uid": "${datasource}"}',
                    '{"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}')
        self.assertIn("the data source is not the variable",
                      observability.check_dashboard(self.root)[0])

    def test_a_panel_without_a_description(self):
        self.change(DASHBOARD, '"description": "Should be zero.', '"text": "Should be zero.')
        self.expect(observability.check_dashboard(self.root), "Log lines lost: no description")

    def test_an_expression_of_a_panel_that_does_not_parse(self):
        self.change(DASHBOARD, "sum by (state) (", "sum by (state) ((")
        self.expect(observability.check_expressions(self.root, PROMTOOL), "parenthesis")

    def test_a_route_that_nobody_can_read(self):
        self.change("rules/zoom.yaml", "'^/v2/report/", "'^/v2/(?=x)report/")
        found = observability.check_legends(self.root)
        self.assertTrue(found)
        self.assertIn("^/v2/(?=x)report/", found[0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
