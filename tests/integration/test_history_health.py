#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad disks, bad files and bad clocks under the real daemon: history says so and comes back."""

import contextlib
import os
import re
import time

from harness import BUILDDIR, CONFIG, Home, check, check_equal, run, wait_for

FAULT_WRITES = os.path.join(BUILDDIR, "tests", "integration", "fault-writes.so")
SLOW_MS = 1500  # of each write of a bad card
RATE = 60  # a minute of the house in a second: history is written once a minute

QUIET = CONFIG.replace("level: DEBUG", "level: INFO")


def health(home):
    return home.get("/api/v1/history/series")


def metric(home, name):
    text = home.request("GET", "/metrics")[2].decode()
    return float(re.search(rf"^phaeton_{name} (\S+)$", text, re.MULTILINE)[1])


def remarks(home):
    return " ".join(home.get("/readyz")["remarks"])


def sessions(home):
    return home.get("/api/v1/sessions?order=asc")["sessions"]


def charge_once(home):
    """a stay with some energy; answers the counter's gain of it as the daemon shows it"""
    home.ctl("mode", "manual")
    home.ctl("start")
    home.ctl("current", "16")
    home.sim.command("plug")
    charger = lambda: home.get("/api/v1/chargers")["chargers"][0]  # noqa: E731
    wait_for(lambda: charger()["session_running"] and charger()["session_energy_wh"] > 300, 30,
             "energy")
    home.sim.command("unplug")
    return wait_for(lambda: (last := charger()) and not last["session_running"] and
                    last["session_energy_wh"], 20, "the end")


@contextlib.contextmanager
def bad_disk(orders):
    """(home, break_it, mend_it): a daemon whose disk is bad while it is told to be"""
    with Home(config=QUIET, clock_rate=RATE, daemon=False) as home:
        switch = os.path.join(home.directory, "disk-is-bad")
        home.start_daemon(
            LD_PRELOAD=FAULT_WRITES, FAULT_WRITES=orders, FAULT_FOLDER=home.state_dir,
            FAULT_SWITCH=switch,
            ASAN_OPTIONS=home.make_environment({})["ASAN_OPTIONS"] + ":verify_asan_link_order=0")
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the counter")
        wait_for(lambda: metric(home, "history_commits_total") >= 1, 20, "a first commit")

        def set_bad(bad):
            if bad:
                with open(switch, "w", encoding="ascii"):
                    pass
            else:
                os.unlink(switch)
        yield home, set_bad


def check_bad_disk(orders):
    with bad_disk(orders) as (home, set_bad):
        set_bad(True)
        wait_for(lambda: health(home)["problem"], 20, "it says that it cannot write")
        check("history is kept in memory" in remarks(home), remarks(home))
        check_equal(metric(home, "history_failing"), 1, "history_failing")
        check(home.get("/readyz")["ready"], "a bad disk is no reason not to charge")
        energy_wh = charge_once(home)
        wait_for(lambda: metric(home, "history_pending_points") > 0, 20, "points wait in memory")
        set_bad(False)
        wait_for(lambda: not health(home)["problem"], 20, "it is written again")
        wait_for(lambda: [session["energy_wh"] for session in sessions(home)] == [energy_wh], 20,
                 f"one session with {energy_wh} Wh")
        check_equal(health(home)["lost_points"] + health(home)["lost_sessions"], 0, "loss")
        check_equal(metric(home, "history_failing"), 0, "history_failing")
        check_equal(home.daemon.log().count("History is kept in memory"), 1, "lines of the log")
        check("History is written again" in home.daemon.log(), "the log says the end of it")


def test_full_disk():
    check_bad_disk("full 1000")


def test_disk_that_tears_writes():
    check_bad_disk("torn 1000")


def test_slow_disk():
    """a card that takes seconds for each write holds up nobody but history"""
    with bad_disk(f"slow {SLOW_MS}") as (home, set_bad):
        commits = metric(home, "history_commits_total")
        set_bad(True)
        home.ctl("start")
        home.sim.command("plug")  # the begin of a session is written at once
        waits_s, begun = [], time.monotonic()
        while time.monotonic() - begun < 4 * SLOW_MS / 1000:
            asked = time.monotonic()
            home.status()
            waits_s.append(time.monotonic() - asked)
        print(f"# {len(waits_s)} answers while writes take {SLOW_MS} ms, the slowest after "
              f"{1000 * max(waits_s):.0f} ms")
        check(max(waits_s) < SLOW_MS / 2000, f"an answer after {max(waits_s)} s")
        check(home.status()["session"]["end_ts"] is None, "the car charges")
        set_bad(False)
        wait_for(lambda: metric(home, "history_commits_total") > commits, 30, "it is written")
        check_equal(health(home)["problem"], None, "problem")


def test_file_that_cannot_be_opened():
    """as on a file system that became read-only: no user, not even root, opens a folder to write"""
    with Home(config=QUIET, clock_rate=RATE, daemon=False) as home:
        path = os.path.join(home.state_dir, "history.db")
        os.mkdir(path)
        home.start_daemon()
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the counter")
        energy_wh = charge_once(home)
        wait_for(lambda: health(home)["problem"], 20, "it says that it cannot write")
        check_equal(home.request("GET", "/api/v1/sessions")[0], 503, "sessions without a file")
        check_equal(home.get("/api/sessions")["current_session"], None, "the old document")
        os.rmdir(path)
        wait_for(lambda: [session["energy_wh"] for session in sessions(home)] == [energy_wh], 20,
                 "the session is written late")


def test_corrupt_file():
    with Home(config=QUIET, clock_rate=RATE) as home:
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the counter")
        charge_once(home)
        wait_for(lambda: len(sessions(home)) == 1, 20, "the session is there")
        home.daemon.end()
        path = os.path.join(home.state_dir, "history.db")
        with open(path, "r+b") as file:
            file.write(os.urandom(os.path.getsize(path)))
        home.start_daemon()
        home.daemon.wait_log("history.db is damaged")
        check(os.path.exists(path + ".broken"), "the broken file is gone")
        # the last session is in the state file as well
        found = wait_for(lambda: sessions(home), 20, "sessions")
        check_equal(len(found), 1, "sessions")
        charge_once(home)
        wait_for(lambda: len(sessions(home)) == 2, 20, "it goes on")


def test_restore_refuses():
    """a broken copy, one of another program, none: nothing changes"""
    with Home(config=QUIET, clock_rate=RATE) as home:
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the counter")
        charge_once(home)
        before = wait_for(lambda: sessions(home), 20, "the session is there")
        copy = os.path.join(home.directory, "copy.db")
        check_equal(home.ctl("backup", copy).returncode, 0, "backup")
        with open(copy, "rb") as file:
            good = file.read()
        middle = len(good) // 2
        for bad in (b"", b"SQLite format 3\0", good[:middle], os.urandom(len(good)),
                    good[:4096] + os.urandom(len(good) - 4096)):
            with open(copy, "wb") as file:
                file.write(bad)
            answer = home.ctl("restore", copy)
            check_equal(answer.returncode, 1, f"restore of {bad[:20]!r}")
            check(answer.stderr.strip(), "it says why")
            check_equal(sessions(home), before, "sessions afterwards")
        check_equal(home.ctl("restore", os.path.join(home.directory, "none.db")).returncode, 1,
                    "no file")
        with open(copy, "wb") as file:
            file.write(good)
        check_equal(home.ctl("restore", copy).returncode, 0, "restore of the good one")
        check_equal(sessions(home), before, "sessions of the good one")


def test_clock_of_1970():
    """a GX before its clock is set: sessions have no time, series wait, sums are right"""
    with Home(config=QUIET, clock_rate=RATE, wall_at=1000) as home:
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the counter")
        energy_wh = charge_once(home)
        found = wait_for(lambda: sessions(home), 20, "the session")
        check_equal([session["energy_wh"] for session in found], [energy_wh], "energy")
        check_equal((found[0]["started_at"], found[0]["ended_at"]), (None, None), "times")
        past = home.get("/api/v1/history?series=charger.1.power_w&step=day&from=0&to=864000")
        check(not any(past["series"]["charger.1.power_w"]), "something is filed under 1970")


run([test_full_disk, test_disk_that_tears_writes, test_slow_disk, test_file_that_cannot_be_opened,
     test_corrupt_file, test_restore_refuses, test_clock_of_1970])
