"""Checks of deploy/observability: the rules, their tests, their runbooks and the dashboard.

Each function takes the root of the project, or of a copy with its files, and returns what is
wrong, as text.
"""

import json
import os
import re
import subprocess
import tempfile

import yaml

from promql import Query, alternatives

ALERTS = "deploy/observability/alerts.yaml"
TESTS = "deploy/observability/alerts_test.yaml"
TESTS_OF_DAYS = "deploy/observability/alerts_days_test.yaml"
DASHBOARD = "deploy/observability/dashboard.json"
RUNBOOKS = "docs/ops/alerts.md"
REFERENCE = "docs/reference.md"

SEVERITIES = {"critical", "warning", "info"}
TARGET_LABELS = {"namespace", "job", "instance"}  # what Prometheus adds to whatever it scrapes
ANY = None  # labels whose values are not ours to list
OF_PROMETHEUS = {"up": {}, "ALERTS": {"alertname": ANY, "alertstate": {"firing", "pending"}}}
OF_KUBE_STATE_METRICS = {
    "kube_job_failed": {"job_name": ANY, "condition": {"true", "false", "unknown"}}}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
GRID_WIDTH = 24


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def rules_of(root):
    groups = yaml.safe_load(read(root, ALERTS))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts_of(root):
    return [rule for rule in rules_of(root) if "alert" in rule]


def panels_of(root):
    return json.loads(read(root, DASHBOARD))["panels"]


# What there is

def section(text, heading):
    """The rows of the first table behind a heading, as lists of cells."""
    text = text.partition(f"\n{heading}\n")[2]
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE).group().splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" |")] for row in rows]


def metrics_of_the_reference(root):
    """Every series: its labels, each with the values that it can have."""
    text = read(root, REFERENCE)
    words = re.compile(r"`([^`]+)`")
    causes = {words.search(row[0]).group(1).lower() for row in section(text, "### Failures")}
    metrics = {}
    for names, labels, meaning in section(text, "## Metrics"):
        listed = set(words.findall(meaning))
        values = {"route": ANY, "version": ANY, "commit": ANY, "rules_sha": ANY, "reason": causes,
                  "code": {str(code) for code in range(100, 600)} | listed,
                  "method": METHODS | listed}
        known = {label: values.get(label, listed) for label in words.findall(labels)}
        for name in words.findall(names):
            if not meaning.startswith("Histogram"):
                metrics[name] = known
                continue
            metrics[name + "_count"] = metrics[name + "_sum"] = known
            metrics[name + "_bucket"] = {**known, "le": ANY}
    return metrics


def all_metrics(root):
    recorded = {rule["record"]: {} for rule in rules_of(root) if "record" in rule}
    return {**metrics_of_the_reference(root), **OF_PROMETHEUS, **OF_KUBE_STATE_METRICS, **recorded}


# What is asked for

def variables_filled_in(text):
    return re.sub(r"\$__\w+", "5m", text)


def queries_of_panels(root):
    """(where, expression, legend) of every target, variable and annotation of the dashboard."""
    for panel in panels_of(root):
        for target in panel.get("targets", []):
            yield f"panel {panel['title']}", target["expr"], target.get("legendFormat", "")
    dashboard = json.loads(read(root, DASHBOARD))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
        yield f"variable {variable['name']}", match.group(1), "{{" + match.group(2) + "}}"
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["expr"], annotation["titleFormat"]


def wrong_values(operator, value, known):
    if "$" in value and operator == "=~" or known is ANY:
        return []
    if operator in ("=", "!="):
        return [] if value in known else [value]
    return [part for part in alternatives(value)
            if not any(re.fullmatch(part, word) for word in known)]


def check_query(where, text, legend, metrics):
    query = Query(text)
    if not query.selectors:
        yield f"{where}: asks for no metric: {text}"
    labels = set(TARGET_LABELS)
    for metric, matchers in query.selectors:
        if metric not in metrics:
            yield f"{where}: no metric `{metric}`"
            continue
        labels |= set(metrics[metric])
        for label, operator, value in matchers:
            if label not in metrics[metric] and label not in TARGET_LABELS:
                yield f"{where}: `{metric}` has no label `{label}`"
                continue
            for wrong in wrong_values(operator, value, metrics[metric].get(label, ANY)):
                yield f"{where}: label `{label}` of `{metric}` is never `{wrong}`"
    shown = re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)
    yield from (f"{where}: no label `{label}`" for label in query.labels + shown
                if label not in labels)


def check_names(root):
    """Every metric, label and value that rules and dashboard ask for exists."""
    metrics = all_metrics(root)
    wrong = []
    for rule in rules_of(root):
        where = rule.get("alert") or rule["record"]
        shown = " ".join(re.findall(r"\$labels\.(\w+)", str(rule.get("annotations"))))
        wrong += check_query(where, rule["expr"], re.sub(r"(\w+)", r"{{\1}}", shown), metrics)
    for where, text, legend in queries_of_panels(root):
        wrong += check_query(where, text, legend, metrics)
    return wrong


# Rules

def promtool(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def check_rules(root, program):
    return promtool(program, "check", "rules", os.path.join(root, ALERTS))


def run_tests(root, program, files=(TESTS, TESTS_OF_DAYS)):
    return promtool(program, "test", "rules", *(os.path.join(root, file) for file in files))


def check_alerts(root):
    """Every alert says what a person needs who meets it at night."""
    wrong = []
    for alert in alerts_of(root):
        name, annotations = alert["alert"], alert.get("annotations", {})
        if alert.get("labels", {}).get("severity") not in SEVERITIES:
            wrong.append(f"{name}: severity is none of {sorted(SEVERITIES)}")
        if "for" not in alert:
            wrong.append(f"{name}: `for` is missing")
        for key in ("summary", "description", "runbook"):
            if not annotations.get(key):
                wrong.append(f"{name}: {key} is missing")
        if annotations.get("runbook") != f"{RUNBOOKS}#{name.lower()}":
            wrong.append(f"{name}: runbook is not {RUNBOOKS}#{name.lower()}")
    return wrong


def check_coverage(root):
    """Every alert has a test in which it fires, and one in which it keeps quiet."""
    tests = [case for file in (TESTS, TESTS_OF_DAYS)
             for test in yaml.safe_load(read(root, file))["tests"]
             for case in test["alert_rule_test"]]
    fired = {case["alertname"] for case in tests if case["exp_alerts"]}
    quiet = {case["alertname"] for case in tests if not case["exp_alerts"]}
    names = {alert["alert"] for alert in alerts_of(root)}
    return ([f"{name}: no test in which it fires" for name in sorted(names - fired)] +
            [f"{name}: no test in which it keeps quiet" for name in sorted(names - quiet)] +
            [f"{name}: tested, but no alert" for name in sorted((fired | quiet) - names)])


def check_runbooks(root):
    """Every alert has its section, and the other way round."""
    sections = re.findall(r"^## (.*)$", read(root, RUNBOOKS), re.MULTILINE)
    names = [alert["alert"] for alert in alerts_of(root)]
    return ([f"{name}: no section in {RUNBOOKS}" for name in names if name not in sections] +
            [f"{RUNBOOKS}: {name} is no alert" for name in sections if name not in names] +
            [f"{name}: there are two" for name in sorted(set(names)) if names.count(name) > 1])


# Dashboard

def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"] and
            one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def check_panel(panel):
    title, place = panel["title"], panel["gridPos"]
    if place["x"] < 0 or place["x"] + place["w"] > GRID_WIDTH:
        yield f"panel {title}: wider than the page"
    if panel["type"] == "row":
        return
    if not panel.get("description"):
        yield f"panel {title}: no description"
    if not panel.get("targets"):
        yield f"panel {title}: shows nothing"
    for holder in [panel, *panel.get("targets", [])]:
        if holder.get("datasource", {}).get("uid") != "${datasource}":
            yield f"panel {title}: the data source is not the variable"


def check_dashboard(root):
    """Panels have their own ids and places, and say what to do with them."""
    dashboard = json.loads(read(root, DASHBOARD))
    panels = dashboard["panels"]
    wrong = [problem for panel in panels for problem in check_panel(panel)]
    if dashboard.get("id") is not None:
        wrong.append("the dashboard has the id of one Grafana")
    ids = [panel["id"] for panel in panels]
    wrong += [f"panel id {one}: there are two" for one in sorted(set(ids)) if ids.count(one) > 1]
    for number, panel in enumerate(panels):
        wrong += [f"panel {panel['title']}: overlaps {other['title']}" for other in panels[:number]
                  if overlap(panel["gridPos"], other["gridPos"])]
    return wrong


def check_expressions(root, program):
    """Every expression of the dashboard is PromQL: each becomes a rule, which promtool reads."""
    rules = [{"record": f"panel:{number}", "expr": variables_filled_in(text)}
             for number, (_, text, _) in enumerate(queries_of_panels(root))]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        return promtool(program, "check", "rules", file.name)


def check_legends(root):
    """The regexes of our rules, which name their routes, are legible below the graphs."""
    names = re.findall(r"pathRegex: '(.*)'", read(root, "rules/zoom.yaml"))
    wrong = [] if names else ["rules/zoom.yaml: no pathRegex found"]
    for panel in panels_of(root):
        legends = [target.get("legendFormat") for target in panel.get("targets", [])]
        if "{{route}}" not in legends:
            continue
        renamings = [step["options"]["regex"] for step in panel.get("transformations", [])
                     if step["id"] == "renameByRegex"]
        wrong += [f"panel {panel['title']}: {name} is not shortened" for name in names
                  if not any(re.fullmatch(regex, name) for regex in renamings)]
    return wrong


def check(root, program):
    """All of it."""
    return (check_rules(root, program) + run_tests(root, program) + check_alerts(root) +
            check_coverage(root) + check_runbooks(root) + check_names(root) +
            check_dashboard(root) + check_expressions(root, program) + check_legends(root))
