#!/usr/bin/env python3
"""`zoom-proxy bulk` at full size: 2 GB and 20 million rows, against `gzip -6` over the same file.

Usage: bulk_2gb.py ZOOM_PROXY [--rows N] [--folder DIR]

Makes the file, runs both in turn, output to /dev/null, and prints seconds, quotients and peak
memory. Ends with 1 when a goal is missed: less time than gzip -6 with gzip out, a third of it with
plain output, below 64 MiB.
"""

import argparse
import os
import random
import sys
import tempfile
import time

ROUNDS = 2
MOST_MIB = 64
HEADER = b"User Name,Email,Department,Month,Summaries,Minutes,Last Used\r\n"


def write_csv(path, rows):
    dice = random.Random(1)
    with open(path, "wb") as file:
        file.write(HEADER)
        for first in range(0, rows, 100_000):
            lines = []
            for number in range(first, min(first + 100_000, rows)):
                person = dice.randrange(400_000)
                lines.append(
                    f"Anna Example {person},anna.example.{person}@corp.example,"
                    f"Department {person % 50},2026-{number % 12 + 1:02},{number % 97},"
                    f"{dice.randrange(3000)},2026-11-{dice.randrange(1, 29):02}T10:15:00Z\r\n"
                )
            file.write("".join(lines).encode())


def run(command):
    """Seconds by the clock on the wall, and the peak of resident memory in MiB."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        null = os.open("/dev/null", os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.environ["PSOXY_SALT"] = "bench-salt-0123456789abcdef0123456789"
        os.execvp(command[0], command)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("zoom_proxy")
    options.add_argument("--rows", type=int, default=20_000_000)
    options.add_argument("--folder", help="for the file, which is removed in the end")
    given = options.parse_args()

    bulk = [given.zoom_proxy, "bulk", "--rules", "zoom-ai-metrics"]
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = os.path.join(folder, "metrics.csv")
        write_csv(path, given.rows)
        size = os.path.getsize(path)
        print(f"{given.rows} rows, {size / 1e9:.2f} GB, {os.cpu_count()} processors")
        subjects = [
            # name, command, goal
            ("gzip out", bulk + ["--gzip", path], 1),
            ("plain out", bulk + [path], 1 / 3),
            ("gzip out, one thread", bulk + ["--gzip", "--threads", "0", path], 1),
            ("plain out, one thread", bulk + ["--threads", "0", path], 1 / 3),
        ]
        missed = False
        for turn in range(ROUNDS):
            theirs, _ = run(["gzip", "-6", "-c", path])
            print(f"round {turn + 1}: gzip -6 took {theirs:.1f} s")
            for name, command, goal in subjects:
                ours, mib = run(command)
                holds = ours <= goal * theirs and mib < MOST_MIB
                missed = missed or not holds
                print(
                    f"  {name:24} {ours:6.1f} s  {size / 1e6 / ours:6.0f} MB/s  "
                    f"{given.rows / 1e6 / ours:5.2f} million rows/s  "
                    f"quotient {ours / theirs:.3f} (goal {goal:.3f})  "
                    f"{mib:.0f} MiB  {'holds' if holds else 'missed'}"
                )
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
