#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every source of prices holds to, each against a service that lies (tests/fakes/prices.py).

One program per source with a clock of its own, so that days pass in a moment; the wires are real.
A rule is a function of one source; each test holds all sources to it.
"""

import collections
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from harness import BUILDDIR, SRCDIR, check, check_equal, end_with_parent, is_sanitized, run

sys.path.insert(0, os.path.join(SRCDIR, "tests", "fakes"))
import prices  # noqa: E402  pylint: disable=wrong-import-position

NAMES = [kind.name for kind in prices.FAKES]
HOUR_S = 3600
DAY = date(2026, 11, 21)
SHORT_DAY, LONG_DAY = date(2026, 3, 29), date(2026, 10, 25)
N_AT_ONCE = 4

# what each service may do that no other has, beside what all do
OWN_FAULTS = {"tibber": ["inactive", "token-400"]}
COMMON_FAULTS = ["429", "429-date", "429-bare", "400", "403", "428", "503", "500", "html",
                 "errors", "token", "garbage", "nothing", "huge", "bomb", "redirect-http",
                 "redirect-loop", "cut", "reset", "noprice", "elsewhere"]


class Source:
    """one provider in its program, and the service that it asks"""

    def __init__(self, name, **settings):
        self.fake = prices.make(name)
        self.folder = tempfile.mkdtemp(prefix="phaeton-prices-")
        self._log = tempfile.TemporaryFile()
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PHAETON_")}
        # what a sanitizer finds ends the program, which fails the test
        self._process = subprocess.Popen(
            [os.path.join(BUILDDIR, "tests", "integration", "price-driver")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            preexec_fn=end_with_parent, env=environment)
        self.say(f"cache {self.folder}/kept")
        for key, value in {**self.fake.settings(), **settings}.items():
            self.say(f"set {key} {value}")

    @property
    def pid(self):
        return self._process.pid

    def say(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        check(answer, f"{self.fake.name} ended at {line!r}: {self.log()[-2000:]}")
        check(answer != "false\n", f"{line!r} is no command")
        return json.loads(answer)

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def begin(self, day, hour):
        """at this hour of the market's day"""
        at = int(datetime(day.year, day.month, day.day, int(hour), int(hour * 60 % 60),
                          tzinfo=ZoneInfo(self.fake.zone)).timestamp())
        self.at = at
        self.fake.set_clock(at)
        self.say(f"begin {at}")
        self.pass_s(60)

    def pass_s(self, seconds):
        """the service's clock goes along, a quarter of an hour at a time"""
        while seconds > 0:
            step = min(seconds, 900)
            self.at += step
            self.fake.set_clock(self.at)
            self.say(f"run {step}")
            seconds -= step

    def pass_until(self, day, hour):
        end = datetime(day.year, day.month, day.day, int(hour), int(hour * 60 % 60),
                       tzinfo=ZoneInfo(self.fake.zone)).timestamp()
        self.pass_s(int(end - self.at))

    def state(self):
        return self.say("state")

    def slots(self):
        return self.state()["slots"]

    def end(self):
        self._process.stdin.close()
        status = self._process.wait(20)
        self._process.stdout.close()
        self.fake.cut()
        shutil.rmtree(self.folder, ignore_errors=True)
        check_equal(status, 0, f"how the program of {self.fake.name} ends: {self.log()[-3000:]}")


def hold(rule, names=NAMES):
    """every source to one rule, some at once"""
    def hold_one(name):
        source = Source(name)
        try:
            rule(source)
        except Exception as error:
            raise AssertionError(f"{name}: {error}") from error
        finally:
            source.end()

    with concurrent.futures.ThreadPoolExecutor(N_AT_ONCE) as pool:
        for _ in pool.map(hold_one, names):
            pass


def later(day, days=1):
    return day + timedelta(days=days)


def check_days(source, *days):
    """exactly the published prices of these days are known"""
    want = [slot for day in days for slot in source.fake.known(day)]
    state = source.state()
    first = want[0][0]
    have = [slot for slot in state["slots"] if slot[0] >= first]
    check_equal(have, want, f"prices of {days}, {state['error']}")
    check_equal(state["currency"], source.fake.currency, "currency")


# the rules


def follow_a_day(source):
    source.begin(DAY, 8)
    check_days(source, DAY)
    check_equal(source.state()["error"], None, "error")
    check_equal(source.state()["source"], source.fake.name, "source")
    source.pass_until(DAY, 12.5)
    n = len(source.fake.requests)
    check(n <= 8, f"{n} requests in the morning")
    source.pass_until(DAY, source.fake.published / 60 + 0.75)
    check_days(source, DAY, later(DAY))
    n = len(source.fake.requests)
    source.pass_until(DAY, 23.75)
    check(len(source.fake.requests) - n <= 11, "it is known, and asked for again and again")
    source.pass_until(later(DAY), 0.5)
    check_days(source, DAY, later(DAY))
    check(min(int(at) for at, _, _ in source.fake.requests) > 0, "requests have times")
    for _, _, headers in source.fake.requests:
        check(headers["User-Agent"].startswith("Phaeton/"), headers)


def follow_odd_days(source):
    for day, hours in ((SHORT_DAY, 23), (LONG_DAY, 25)):
        source.begin(later(day, -1), 18)
        check_days(source, later(day, -1), day)
        n = len([slot for slot in source.fake.known(day)])
        lacking = getattr(source.fake, "HOUR_BEFORE", 0) // (source.fake.minutes * 60)
        check_equal(n, hours * 60 // source.fake.minutes - lacking, "slots of the odd day")
        source.pass_until(day, 12)
        source.pass_until(day, 20)
        check_days(source, day, later(day))


def bear_a_late_market(source):
    """204, 404, nothing: not published is no error, and no reason to hammer"""
    source.fake.published += 150  # of minutes; nobody told us
    source.begin(DAY, 11)
    source.pass_until(DAY, 18.2)
    check_equal(source.state()["error"], None, "error")
    n = len(source.fake.requests)
    check(n <= 50, f"{n} requests")
    source.pass_until(DAY, 20)
    check_days(source, DAY, later(DAY))
    source.fake.published = 24 * 60 - 1  # never comes
    source.begin(later(DAY, 3), 12)
    source.pass_until(later(DAY, 3), 23.5)
    check_days(source, later(DAY, 3))
    check_equal(source.state()["error"], None, "error of a market that never publishes")


def survive(source, fault):
    """the last good prices stay, the error is told without secrets, and it mends by itself"""
    known = source.fake.known(source.fake.today())
    n = len(source.fake.requests)
    source.fake.fault = fault
    fetched_at = source.state()["fetched_at"]
    source.pass_s(2 * HOUR_S)
    state = source.state()
    check_equal([slot for slot in state["slots"] if slot[0] >= known[0][0]], known,
                f"prices under {fault}")
    check(state["error"], f"{fault} is not told")
    check_equal(state["fetched_at"], fetched_at, f"age under {fault}")
    asked = [at for at, _, _ in source.fake.requests[n:]]
    most = 20 * (4 if fault == "redirect-loop" else 1)  # three redirects are followed
    check(1 <= len(asked) <= most, f"{len(asked)} requests under {fault}")
    if fault in ("429", "429-date"):
        gaps = [b - a for a, b in zip(asked, asked[1:])]
        # the service's clock goes by the quarter of an hour
        check(all(gap > prices.RETRY_AFTER_S - 900 for gap in gaps), f"gaps under {fault}: {gaps}")
    for secret in ("5f4dcc3b", "securityToken"):
        check(secret not in state["error"], state["error"])
        check(secret not in source.log(), "a token is in the log")
    source.fake.fault = "none"
    source.pass_s(4 * HOUR_S)
    check_equal(source.state()["error"], None, f"error after {fault}")
    check(source.state()["fetched_at"] > fetched_at, "the age does not end")


def survive_all(source):
    """every failure in a day that is known already, one after the other"""
    faults = COMMON_FAULTS + OWN_FAULTS.get(source.fake.name, [])
    day = DAY
    for i, fault in enumerate(faults):
        if i % 2 == 0:  # two fit into the hours before tomorrow is published
            day = later(DAY, i)
            source.begin(day, 0.1)
            check_days(source, day)
        survive(source, fault)


def end_waiting(source):
    """a service that never answers: an error by the wire's own time, and the kept prices"""
    source.begin(DAY, 2)
    check_days(source, DAY)
    source.say("end")
    source.fake.fault = "slow"
    source.say("set timeout_ms 300")
    source.begin(DAY, 5)
    check("no answer within" in (source.state()["error"] or ""), source.state()["error"])
    check_days(source, DAY)


def begin_with_nothing(source):
    """an empty answer about today is an error, and no price"""
    source.fake.fault = "empty"
    source.begin(DAY, 9)
    check_equal(source.slots(), [], "prices out of nothing")
    check(source.state()["error"], "nothing is told")
    check_equal(source.state()["fetched_at"], 0, "age of nothing")
    source.fake.fault = "none"
    source.pass_s(2 * HOUR_S)
    check_days(source, DAY)


def refuse_a_wrong_zone(source):
    """times that are an hour off are about other hours; those that say their offset are not"""
    source.fake.fault = "shift"
    source.begin(DAY, 9)
    source.pass_s(600)
    if source.fake.name == "tibber":
        check_days(source, DAY)
        return
    if source.fake.name == "octopus":  # whose days end early: nobody can tell
        return
    check_equal(source.slots(), [], "prices of other hours")
    check("zone" in (source.state()["error"] or ""), source.state()["error"])


def read_duplicates(source):
    source.fake.fault = "dup"
    source.begin(DAY, 18)
    check_days(source, DAY, later(DAY))


def take_corrections(source):
    """what is said again until delivery holds"""
    source.begin(DAY, 18)
    check_days(source, DAY, later(DAY))
    source.fake.revision = 7
    source.pass_s(2 * HOUR_S)
    check_days(source, later(DAY))


def read_preliminary(source):
    source.fake.fault, source.fake.revision = "prelim", 3
    source.begin(DAY, 9)
    source.pass_until(DAY, 14)
    n = len(source.fake.requests)
    source.pass_until(DAY, 15)
    check(len(source.fake.requests) - n >= 3, "preliminary prices are asked for again soon")
    check(len(source.slots()) >= 184, "preliminary prices are prices")
    source.fake.fault, source.fake.revision = "none", 0
    source.pass_until(DAY, 16)
    check_days(source, DAY, later(DAY))
    source.fake.fault, source.fake.revision = "prelim", 5  # a step back
    source.pass_until(DAY, 20)
    source.fake.revision = 0
    check_days(source, DAY, later(DAY))
    check_equal(source.state()["error"], None, "error")


def live_through_a_cut(source):
    """30 hours without network, a start in the middle: known prices hold as far as they reach"""
    source.begin(DAY, 18)
    check_days(source, DAY, later(DAY))
    fetched_at = source.state()["fetched_at"]
    source.fake.cut()
    source.pass_until(later(DAY), 6)
    check_days(source, DAY, later(DAY))
    source.say("end")
    source.begin(later(DAY), 6)
    check(source.state()["error"], "the cut is not told")
    check_days(source, later(DAY))
    check(abs(source.state()["fetched_at"] - fetched_at) < 2 * HOUR_S, "the age of kept prices")
    source.pass_until(later(DAY, 2), 0.5)
    now = source.state()["now"]
    check(all(slot[1] <= now for slot in source.slots()), "prices that nobody told")
    source.fake.listen()
    source.pass_s(2 * HOUR_S)
    check_days(source, later(DAY, 2))
    check_equal(source.state()["error"], None, "error")


def ask_no_more_than_allowed(source):
    """a restart does not forget what was asked today, and a loop of them does not flood"""
    source.begin(DAY, 9)
    n = len(source.fake.requests)
    for i in range(5):
        source.say("end")
        source.begin(DAY, 9.1 + i / 50)
        source.pass_s(60)
    check_equal(len(source.fake.requests), n, "requests of young prices")
    check_days(source, DAY)


def keep_to_the_budget(source):
    """a day of failures, each of them dear: four requests for one answer"""
    source.begin(DAY, 1.1)
    source.fake.fault = "redirect-loop"
    source.pass_s(48 * HOUR_S)
    days = collections.Counter(int(at) // (24 * HOUR_S) for at, _, _ in source.fake.requests)
    check(max(days.values()) <= source.fake.budget, f"{days}, allowed {source.fake.budget}")
    check(max(days.values()) >= 40, f"{days}: it gave up")
    source.fake.fault = "none"
    source.pass_s(24 * HOUR_S)  # today's may be spent
    check_days(source, later(DAY, 3))
    check_equal(source.state()["error"], None, "error")


def leave_nothing(source):
    """descriptors and memory of hundreds of requests that end in every way"""
    def look():
        with open(f"/proc/{source.pid}/smaps_rollup", encoding="ascii") as file:
            anonymous = int(re.search(r"^Anonymous:\s+(\d+)", file.read(), re.MULTILINE)[1])
        return len(os.listdir(f"/proc/{source.pid}/fd")), anonymous

    def suffer():
        for fault in COMMON_FAULTS + ["none"]:
            source.fake.fault = fault
            source.pass_s(HOUR_S)

    source.begin(DAY, 0.1)
    suffer()
    n, kb = look()
    for _ in range(5):
        suffer()
    check(len(source.fake.requests) >= 200, f"{len(source.fake.requests)} requests")
    now, now_kb = look()
    check(now <= n + 2, f"{now} descriptors, {n} before")  # two connections may be kept
    check(is_sanitized() or now_kb < kb + 256, f"{now_kb} kB, {kb} before")


def ask_conditionally(source):
    """an answer that did not change is not sent again"""
    source.begin(DAY, 2)
    source.pass_s(3 * HOUR_S)
    again = [headers for _, _, headers in source.fake.requests[1:]]
    check(again and all("If-None-Match" in headers for headers in again), again)
    check_days(source, DAY)


# the tests


def test_a_day():
    """fix-44: what is published is known, to the slot and to the millionth"""
    hold(follow_a_day)


def test_days_of_the_clock_change():
    """fix-44: 92 and 100 quarters, 23 and 25 hours, 46 and 50 half-hours"""
    hold(follow_odd_days)


def test_not_published():
    hold(bear_a_late_market)


def test_faults():
    """fix-39, fix-40, fix-43: whatever a service does, what is known stays in force"""
    hold(survive_all)


def test_slow():
    hold(end_waiting)


def test_nothing():
    hold(begin_with_nothing)


def test_wrong_zone():
    hold(refuse_a_wrong_zone)


def test_duplicates():
    hold(read_duplicates)


def test_corrections():
    hold(take_corrections)


def test_preliminary():
    hold(read_preliminary, names=["nordpool", "entsoe"])


def test_cut():
    """fix-43"""
    hold(live_through_a_cut)


def test_restarts():
    hold(ask_no_more_than_allowed)


def test_budget():
    hold(keep_to_the_budget)


def test_nothing_stays():
    """with ASan, the end of the program also tells what nobody holds any more"""
    hold(leave_nothing, names=["nordpool", "tibber"])


def test_conditional():
    hold(ask_conditionally)


def test_settings():
    """what a person must mend is said by its key"""
    cases = [
        ("tibber", {"tibber.access_token": ""}, "tibber.access_token is not set"),
        ("tibber", {"tibber.access_token": "bad"}, "tibber.access_token is not accepted"),
        ("tibber", {"tibber.home_id": "nobody"}, "tibber.home_id"),
        ("nordpool", {"prices.area": ""}, "prices.area is not set"),
        ("nordpool", {"prices.area": "XX"}, "prices.area"),
        ("entsoe", {"prices.token": ""}, "prices.token is not set"),
        ("entsoe", {"prices.token": "wrong"}, "is the token right?"),
        ("entsoe", {"prices.area": "Mars"}, "prices.area"),
        ("entsoe", {"prices.product": "week"}, "prices.product"),
        ("octopus", {"prices.product": ""}, "prices.product is not set"),
        ("octopus", {"prices.area": "I"}, "prices.area is none of A, B"),
        ("octopus", {"prices.currency": "EUR"}, "prices.currency is none of GBP"),
        ("octopus", {"prices.product": "AGILE-NONE"}, "no price of today"),
        ("elering", {"prices.profile": "../elering"}, "prices.profile is no name"),
        ("elering", {"prices.profile": ""}, "prices.profile is not set"),
        ("elering", {"prices.profile": "none"}, "there is no none.json"),
        ("elering", {"prices.url": "http://prices.example"}, "no https"),
        ("elering", {"network.ca_file": "/nowhere.pem"}, "network.ca_file"),
    ]
    for name, settings, words in cases:
        source = Source(name, **settings)
        try:
            source.begin(DAY, 9)
            error = source.state()["error"] or ""
            check(words in error, f"{name} {settings}: {error!r}")
            check_equal(source.slots(), [], f"prices of {name} with {settings}")
            check(len(source.fake.requests) <= 4, f"{len(source.fake.requests)} requests")
        finally:
            source.end()


def test_own_profile():
    """one of the user's folder hides ours of its name; a bad one is told by key, and mended live"""
    source = Source("elering")
    path = os.path.join(source.folder, "elering.json")
    with open(os.path.join(SRCDIR, "data", "price-profiles", "elering.json"),
              encoding="utf-8") as file:
        profile = json.load(file)
    try:
        source.say(f"set prices.profile_folder {source.folder}")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**profile, "unit": "per-ton"}, file)
        source.begin(DAY, 9)
        error = source.state()["error"]
        check(path in error and '"unit" is none of per-kwh' in error, error)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**profile, "unit": "hundredths-per-kwh"}, file)
        source.pass_s(300)
        check_equal(source.state()["error"], None, "error of a mended profile")
        start, end, micros = source.fake.known(DAY)[0]
        check_equal(source.slots()[0], [start, end, micros * 10], "by the user's unit")
    finally:
        source.end()


def test_hours_of_entsoe():
    """a contract that is billed by the hour takes the series of hours, where there is one"""
    source = Source("entsoe", **{"prices.product": "hour"})
    try:
        source.fake.fault = "dup"
        source.begin(DAY, 9)
        slots = source.slots()
        check_equal(len(slots), 24, "hours")
        check_equal(slots[5][2], source.fake.micros(slots[5][0]) + 9000, "price of an hour")
    finally:
        source.end()


def write_csv(path, lines):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.rename(path + ".new", path)


def test_file():
    """CSV: read when it changes, in force as far as it reaches; a bad one changes nothing"""
    source = Source("elering", **{"prices.provider": "file", "timezone": "Europe/Berlin",
                                  "prices.currency": "CHF"})
    path = os.path.join(source.folder, "prices.csv")
    try:
        source.say(f"set prices.file {path}")
        source.begin(LONG_DAY, 0.5)
        check("prices.csv" in source.state()["error"], "a missing file is told")
        walls = [f"2026-10-25T{hour:02}:00" for hour in (0, 1, 2, 2, 3)]
        write_csv(path, ["start;price;export", *(f"{wall};0,{i};0,05"
                                                 for i, wall in enumerate(walls))])
        source.pass_s(120)
        begun = source.fake.midnight(LONG_DAY) if source.fake.zone == "Europe/Berlin" else \
            int(datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
        check_equal(source.slots(), [[begun + i * HOUR_S, begun + (i + 1) * HOUR_S, i * 100000,
                                      50000] for i in range(5)], "the hour that comes twice")
        check_equal(source.state()["currency"], "CHF", "currency")
        known = source.slots()
        for line, words in (("2026-03-29T02:30;1", "does not exist"), ("yesterday;1", "no time"),
                            ("2026-10-25T00:00;cheap", "no price"), ("2026-10-25T00:00", "no price"),
                            ("2026-10-25T00:00;1e99", "no price")):
            write_csv(path, ["start;price", "2026-10-25T01:00;1", line])
            source.pass_s(120)
            check(f"{path}:3" in source.state()["error"] and words in source.state()["error"],
                  source.state()["error"])
            check_equal(source.slots(), known, "prices of a bad file")
        write_csv(path, ["# comment", "end,start,price_per_mwh,name",
                         "2026-10-25T01:30:00Z,2026-10-25T01:00:00Z,-12.5,x"])
        source.pass_s(120)
        check_equal(source.state()["error"], None, "error of a mended file")
        check_equal(source.slots(), [[1792890000, 1792891800, -12500]], "with ends")
        os.unlink(path)
        source.pass_s(120)
        check(source.state()["error"], "a file that is gone is told")
        check_equal(len(source.slots()), 1, "prices of a file that is gone")
    finally:
        source.end()


if __name__ == "__main__":
    run([test_a_day, test_days_of_the_clock_change, test_not_published, test_faults, test_slow,
         test_nothing, test_wrong_zone, test_duplicates, test_corrections, test_preliminary,
         test_cut, test_restarts, test_budget, test_nothing_stays, test_conditional, test_settings,
         test_own_profile, test_hours_of_entsoe, test_file])
