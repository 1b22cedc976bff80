#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of the real daemon, decided again by phaeton-sim replay.

With --renew the recordings of tests/data/recordings, or those named, are made anew: some minutes of
the daemon with the simulated home.
"""

import os
import re
import subprocess
import sys

from harness import CONFIG, SRCDIR, Home, check, check_equal, program, run, wait_for
from two_on_a_fuse import TwoOnAFuse, set_extra

CHARGING = 2
RATE = 10  # seconds of the recorded home in one of ours

AUTO = CONFIG + """\
controls:
  min_charge_duration_seconds: 60
  phase_switch_grace_seconds: 30
"""


def replay(path, *arguments):
    return subprocess.run([program("phaeton-sim"), "replay", path, *arguments], text=True,
                          capture_output=True, timeout=60, check=False)


def wait_steps(home, seconds):
    """until the daemon has lived so long"""
    wanted = home.status()["total_polls"] + seconds
    wait_for(lambda: home.status()["total_polls"] >= wanted, 60, f"{seconds} polls")


def live_manual(home):
    home.sim.command("plug")
    home.ctl("mode", "manual")
    home.ctl("start")
    wait_for(lambda: home.status()["status"] == CHARGING, 60, "the car charges")
    home.ctl("current", "10")
    wait_steps(home, 30)
    home.ctl("phases", "1")
    wait_steps(home, 40)
    home.sim.command("reboot")
    wait_steps(home, 20)
    home.ctl("stop")
    wait_steps(home, 10)
    home.sim.command("unplug")
    wait_steps(home, 10)


def live_auto(home):
    home.sim.command("house load_w 500")
    home.sim.command("house pv_w 6500")
    home.sim.command("plug")
    home.ctl("mode", "auto")
    home.ctl("start")
    wait_for(lambda: home.status()["status"] == CHARGING, 60, "the car charges")
    for pv_w in (8000, 3000, 900, 7000):
        home.sim.command(f"house pv_w {pv_w}")
        wait_steps(home, 100)


def live_on_a_fuse(home):
    """both share, one pauses, both pause, an order, a silent meter, a charger that is away"""
    for amperes in (7, 13, 20, 0):
        set_extra(home, amperes)
        wait_steps(home, 60)
    home.patch("/api/v1/site", {"order": {"limit_w": 4200, "duration_s": 30}})
    wait_steps(home, 60)
    home.sim.command("victron silent")
    wait_steps(home, 25)
    home.sim.command("victron speak")
    wait_steps(home, 30)
    home.sim.command("@2 reboot")
    wait_steps(home, 40)
    home.ctl("--charger", "second", "mode", "auto")
    home.sim.command("house pv_w 9000")
    wait_steps(home, 60)
    home.sim.command("@1 unplug")
    wait_steps(home, 30)


def live_alone(config):
    return lambda path, rate: Home(config=config, clock_rate=rate,
                                   daemon_arguments=["--record", path])


# what happens, and where
STORIES = {
    "manual": (live_manual, live_alone(CONFIG)),
    "auto": (live_auto, live_alone(AUTO)),
    "fuse": (live_on_a_fuse, lambda path, rate: TwoOnAFuse(rate, ["--record", path])),
}


def record(name, path, rate):
    live, make_home = STORIES[name]
    with make_home(path, rate) as home:
        home.evcharger()
        live(home)
        check_equal(home.daemon.end(), 0, "exit status of the daemon")


def test_daemon_records_what_replays():
    """a day's worth of steps in order, and the same decisions again"""
    with Home(daemon=False) as place:
        path = os.path.join(place.directory, "now.rec")
        record("manual", path, RATE)
        done = replay(path, "--verbose")
        check_equal(done.returncode, 0, done.stdout + done.stderr)
        found = re.search(r"(\d+) steps .* 0 of them different", done.stdout)
        check(found is not None and int(found[1]) > 100, done.stdout)
        check("Charging: Manual" in done.stdout or "Charging" in done.stdout, done.stdout)
        check_equal(os.stat(path).st_mode & 0o777, 0o600, "mode of the file")
        for secret in (b"127.0.0.1", place.directory.encode()):
            with open(path, "rb") as file:
                check(secret not in file.read(), f"{secret} is in the recording")

        again = os.path.join(place.directory, "again.rec")
        check_equal(replay(path, "--rewrite", again).returncode, 0, "--rewrite")
        with open(path, "rb") as one, open(again, "rb") as two:
            check(one.read() == two.read(), "rewritten to something else")


def test_bad_files_are_refused():
    with Home(sim=False, daemon=False) as place:
        path = os.path.join(place.directory, "bad.rec")
        for content in (b"", b"PHAETON-RECORDING 1\n", b"PHAETON-RECORDING 1\nH\xff\xff", b"\0" * 999):
            with open(path, "wb") as file:
                file.write(content)
            done = replay(path)
            check_equal(done.returncode, 1, f"{content[:30]}: {done.stderr}")
            check("bad.rec: " in done.stderr, done.stderr)
        check_equal(replay(os.path.join(place.directory, "none")).returncode, 1, "no file")
        check_equal(replay(path, "two").returncode, 2, "two files")


def test_file_that_cannot_be_written():
    """recording ends with a warning, charging goes on"""
    with Home(daemon_arguments=["--record", "/nowhere/at/all.rec"]) as home:
        home.evcharger()
        home.daemon.wait_log(r"Recording to /nowhere/at/all.rec has stopped: No such file", 30)
        polls = home.status()["total_polls"]
        wait_for(lambda: home.status()["total_polls"] > polls + 1, 30, "polls go on")


def renew():
    for name in sys.argv[2:] or STORIES:
        path = os.path.join(SRCDIR, "tests", "data", "recordings", name + ".rec")
        if os.path.exists(path):
            os.remove(path)
        record(name, path, RATE)
        print(path, os.path.getsize(path), "bytes")


if __name__ == "__main__":
    if "--renew" in sys.argv:
        renew()
    else:
        run([test_daemon_records_what_replays, test_bad_files_are_refused, test_file_that_cannot_be_written])
