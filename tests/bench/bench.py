# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the figures of the budget: bench.py SECONDS CHARGERS. Started by scripts/bench."""

import os
import re
import subprocess
import sys
import threading
import time

import test_outside
from harness import BUILDDIR, CONFIG, SRCDIR, Home, wait_for

PRESSES = 12
POLLS = 20

# the wire and the web, and nothing else of the disk: as an installed daemon runs
QUIET = CONFIG.replace("level: DEBUG", "level: INFO")


class Table:
    """one line a figure: name, value, budget, ratio, how"""

    def __init__(self):
        self.missed = 0
        print(f"{'figure':<44} {'value':>11} {'budget':>11} {'ratio':>6}  how", flush=True)

    def add(self, name, value, budget, unit, how):
        if value is None:
            print(f"{name:<44} {'-':>11} {budget:>7g} {unit:<3} {'':>6}  not measured: {how}",
                  flush=True)
            return
        self.missed += value > budget
        print(f"{name:<44} {value:>7.3g} {unit:<3} {budget:>7g} {unit:<3} {value / budget:>6.2f}  "
              f"{how}", flush=True)


def read_pss_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE)[1]) / 1024


def read_cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_cpu_percent(pid, seconds):
    begun, cpu_s = time.monotonic(), read_cpu_s(pid)
    time.sleep(seconds)  # the time is the measurement, nothing is waited for
    return 100 * (read_cpu_s(pid) - cpu_s) / (time.monotonic() - begun)


def setpoint_writes(home):
    return home.sim.command("requests")["requests"].get("16:1210", 0)


def measure_start(table):
    """a daemon of its own, beside charger and settings service that run already"""
    with Home(config=QUIET, daemon=False) as home:
        home.sim.command("plug")
        wait_for(lambda: home.services("com.victronenergy.settings"), 10, "localsettings")
        home.sim.command("requests reset")
        seen = {}

        def watch_wire():
            wait_for(lambda: home.sim.command("requests")["total"], 30, "a request")
            seen["answer"] = time.monotonic()
            wait_for(lambda: setpoint_writes(home), 30, "a set-point")
            seen["written"] = time.monotonic()

        watcher = threading.Thread(target=watch_wire)
        watcher.start()
        home.start_daemon()
        wait_for(lambda: home.services("com.victronenergy.evcharger.") and home.get_items(), 30,
                 "GetItems")
        items = time.monotonic()
        watcher.join()
        table.add("start to first GetItems", items - seen["answer"], 1, "s",
                  "from the first request that the charger answered; process start was "
                  f"{items - home.daemon.started_at:.2f} s before")
        table.add("start to first set-point written", seen["written"] - seen["answer"], 1, "s",
                  "until the simulator counted function 16 at 1210")


def measure_requests(table, home):
    def count():
        return home.sim.command("requests")["requests"]

    home.sim.command("requests reset")
    wait_for(lambda: count().get("3:306", 0) >= POLLS, 60, "polls")
    counts = count()
    reads = sum(number for key, number in counts.items()
                if key.startswith("3:") and key != "3:1100")
    table.add("Modbus requests per poll", round(reads / counts["3:306"], 1), 2, "",
              f"reads that the simulator counted but 1100: {counts}")


def measure_presses(table, home):
    """POST of a new current until the simulated station has it"""
    slowest = 0
    for number in range(PRESSES):
        amperes = 10 + number % 2
        begun = time.monotonic()
        home.post("/api/set_current", {"amps": amperes})
        wait_for(lambda: home.sim.socket_state()["setpoint_a"] == amperes, 10, "the set-point")
        slowest = max(slowest, time.monotonic() - begun)
    table.add("button press to set-point on the wire", slowest, 2, "s",
              f"slowest of {PRESSES}; 1 s + one poll of 1 s")


def measure_dispatch(table, home):
    longest_us = home.get("/api/v1/site")["longest_dispatch_us"]
    table.add("longest dispatch of the main loop", longest_us / 1000, 5, "ms",
              "CPU time between two polls, measured by the daemon since its start")


def measure_one(table, seconds):
    with Home(config=QUIET) as home:
        home.evcharger()
        home.sim.command("plug")
        home.ctl("mode", "manual")
        home.ctl("start")
        wait_for(lambda: home.status()["status"] == 2, 60, "the car charges")
        measure_requests(table, home)
        measure_presses(table, home)
        table.add("CPU at 1 Hz, one charger", measure_cpu_percent(home.daemon.pid, seconds), 0.5,
                  "%", f"/proc/PID/stat over {seconds} s, car charging, nobody looking")
        table.add("PSS, one charger", read_pss_mb(home.daemon.pid), 12, "MB",
                  f"/proc/PID/smaps_rollup {time.monotonic() - home.daemon.started_at:.0f} s after "
                  "start; an hour is the budget's time")
        measure_dispatch(table, home)


def measure_tls(table):
    """after a handshake with somebody unknown: all authorities of the system were loaded"""
    with test_outside.tls_service() as (service, _), \
            Home(test_outside.make_config(service)) as home:
        wait_for(lambda: home.get("/api/v1/prices")["error"], 30, "the refusal")
        table.add("PSS once it made outgoing TLS", read_pss_mb(home.daemon.pid), 20, "MB",
                  "/proc/PID/smaps_rollup after a certificate was judged")


def make_big_config(ports):
    lines = [QUIET, "chargers:"]  # charger 1 is the one above
    for number, port in enumerate(ports[1:], 1):
        lines += [f"  c{number}:", f"    device_instance: {number}", "    modbus:",
                  "      ip: 127.0.0.1", f"      port: {port}"]
    return "\n".join(lines) + "\n"


def measure_many(table, chargers, seconds):
    with Home(sim_arguments=["--stations", str(chargers)], daemon=False) as home:
        ports = [int(port) for port in re.findall(r"^PORT (\d+)$", home.sim.log(), re.MULTILINE)]
        home.write_config(make_big_config(ports))
        home.start_daemon()
        wait_for(lambda: len(home.services("com.victronenergy.evcharger.")) >= chargers,
                 60, "all chargers on the bus")
        shown = len(home.get("/api/v1/chargers")["chargers"])
        table.add(f"CPU, {shown} chargers", measure_cpu_percent(home.daemon.pid, seconds), 5, "%",
                  f"/proc/PID/stat over {seconds} s")
        table.add(f"PSS, {shown} chargers", read_pss_mb(home.daemon.pid), 40, "MB",
                  "/proc/PID/smaps_rollup")


def measure_core(table):
    done = subprocess.run([os.path.join(BUILDDIR, "tests", "bench", "bench-core")], text=True,
                          capture_output=True, timeout=60, check=True)
    table.add("core_step, 8 chargers", float(done.stdout.split()[1]), 10, "us",
              "on 3 circuits; best of 5 rounds of 40000 steps")


def measure_store(table):
    done = subprocess.run([os.path.join(BUILDDIR, "tests", "bench", "bench-store")], text=True,
                          capture_output=True, timeout=300, check=True)
    figures = {words[0]: float(words[1]) for words in map(str.split, done.stdout.splitlines())}
    for chargers in (1, 10):
        table.add(f"commit of history, p99, {chargers} chargers",
                  figures[f"commit-p99-{chargers}-chargers"], 100, "ms",
                  "a minute of all series in its own thread; a day of them")
        table.add(f"history of a day, {chargers} chargers", figures[f"day-{chargers}-chargers"],
                  2000, "KB", "history.db with minutes and quarters of an hour")
        table.add(f"written to flash a day, {chargers} chargers",
                  figures[f"written-a-day-{chargers}-chargers"], 40, "MB",
                  "a commit a minute with log and checkpoints")
    table.add("a month out of a year, 10 chargers", figures["month-of-a-year-10-chargers"], 50,
              "ms", "quarters of an hour as local days; the slowest month")


def measure_loop(table):
    done = subprocess.run([os.path.join(BUILDDIR, "tests", "bench", "bench-loop")], text=True,
                          capture_output=True, timeout=120, check=True)
    figures = dict(line.split() for line in done.stdout.splitlines())
    how = "200 h of 25 A, two cars, 1 s meter, random appliances, plain loop; house alone below"
    table.add("longest above 1.45 of the fuse", float(figures["deep_s"]), 3, "s",
              f"{how}; {figures['deep_percent']} % of the time, above 1.0 "
              f"{figures['over_percent']} %, charged {figures['charged_kw']} kW")
    table.add("warmth of the fuse at most", float(figures["theta"]), 1.1, "",
              "square of the load over 60 s; above it a device may trip")


def simulate(site, *arguments):
    return subprocess.run(
        [os.path.join(BUILDDIR, "src", "phaeton-sim"), "simulate", "--site",
         os.path.join(SRCDIR, "tests", "data", "sites", site), *arguments],
        text=True, capture_output=True, timeout=600, check=True).stdout


def measure_year(table):
    begun = time.monotonic()
    simulate("home.yaml", "--days", "365")
    table.add("a simulated year of one charger", time.monotonic() - begun, 60, "s",
              "phaeton-sim simulate, tests/data/sites/home.yaml")


def measure_clouds(table, days):
    """Auto beside the older drivers' rule on the same days; the budget is what that one needs"""
    lines = simulate("cloudy.yaml", "--days", str(days), "--compare").splitlines()
    how = f"budget: the ancestor's rule on the same {days} days"
    for name, unit in (("unmet need", "kWh"), ("cars got from the grid", "kWh"),
                       ("starts", "/d"), ("phase switches", "/d")):
        ours, theirs = next(line for line in lines if line.startswith(name)) \
            [len(name):].split()[:2]
        table.add("clouds: " + name, float(ours), float(theirs), unit, how)


def main():
    seconds, chargers = int(sys.argv[1]), int(sys.argv[2])
    table = Table()
    measure_core(table)
    measure_store(table)
    measure_loop(table)
    measure_year(table)
    measure_clouds(table, 60)
    measure_start(table)
    measure_one(table, seconds)
    measure_tls(table)
    if chargers > 0:
        measure_many(table, chargers, seconds)
    print(f"{table.missed} of the budgets missed" if table.missed else "all inside the budget")
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
