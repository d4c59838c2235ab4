"""What types do not tell of a manifest's texts: whether a schedule is one of cron, an amount one of
Kubernetes, a duration one of the Gateway API."""

import re

# Minute, hour, day of the month, month, day of the week.
CRON_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
AMOUNT = re.compile(r"(?:[1-9]\d*)(?:m|[KMGT]i?)?")
DURATION = re.compile(r"(?:\d{1,5}(?:h|m|s|ms)){1,4}")


def is_cron(text):
    fields = text.split(" ")
    return len(fields) == len(CRON_FIELDS) and all(
        is_cron_field(field, least, most) for field, (least, most) in zip(fields, CRON_FIELDS))


def is_cron_field(text, least, most):
    for part in text.split(","):
        match = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/([1-9]\d?))?", part)
        if not match:
            return False
        numbers = [int(number) for number in match.groups()[:2] if number]
        if numbers != sorted(numbers) or not all(least <= n <= most for n in numbers):
            return False
    return True


def errors(node, name=""):
    """What is wrong with the texts of a document, as a list of messages."""
    found = []
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schedule" and not is_cron(value):
                found.append(f"{value} is no schedule")
            if key in ("requests", "limits"):
                found += [f"{amount} is no amount of {what}" for what, amount in value.items()
                          if not AMOUNT.fullmatch(amount)]
            if name == "timeouts" and not DURATION.fullmatch(value):
                found.append(f"{value} is no duration")
            found += errors(value, key)
    elif isinstance(node, list):
        for item in node:
            found += errors(item, name)
    return found
