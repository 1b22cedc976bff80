#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thirty hours without network: known prices hold, then the fallback tariff, then it recovers."""

import time
from datetime import datetime

from harness import Home, check, check_equal, run, wait_for
from test_prices import ZONE, make_config, prices, tibber, wait_prices

RATE = 2400  # forty minutes a second
MARGIN_S = 1200  # between an hour and what is done about it: half a second

# The second charger goes by a deadline, the first by the rule of the prices. Its car never takes
# anything: at this rate no counter keeps up, and what is decided does not hang on it.
SECOND = """\
chargers:
  second:
    device_instance: 1
    modbus: {ip: 127.0.0.1, port: {port}, socket_slave_id: 2}
    schedule: {mode: time, deadline: {active: true, by: "07:00", energy_kwh: 10}}
"""


def at(day, hour, minute=0):
    return int(datetime(2026, 11, day, hour, minute, tzinfo=ZONE).timestamp())


BEGUN_AT, KNOWN_UNTIL_AT, MENDED_AT, END_AT = at(21, 20), at(23, 0), at(23, 2), at(23, 4)


class Watch:
    """samples of both chargers, some in each hour"""

    def __init__(self, home, begun):
        self.home = home
        self.begun = begun  # monotonic, at BEGUN_AT
        self.samples = []  # (time, prices, charger, charger)

    def now(self):
        return BEGUN_AT + (time.monotonic() - self.begun) * RATE

    def look(self):
        chargers = self.home.get("/api/v1/chargers")["chargers"]
        self.samples.append((self.now(), prices(self.home), *chargers))

    def until(self, end_at):
        while self.now() < end_at:
            time.sleep(0.05)
            self.look()

    def between(self, from_at, to_at, index):
        return [(sample[0], sample[1], sample[2 + index]) for sample in self.samples
                if from_at + MARGIN_S < sample[0] < to_at - MARGIN_S]


def is_cheap(when):
    """by the prices of the service, away from the edges of the hours: yes, no, unknown"""
    answers = {1 <= datetime.fromtimestamp(near, ZONE).hour < 5 or
               datetime.fromtimestamp(near, ZONE).hour == 12 for near in (when - MARGIN_S, when)}
    return answers.pop() if len(answers) == 1 else None


def check_rule(watch, cut_at):
    """the first charger: each decision is the one that was known to be right"""
    known = watch.between(cut_at + 3600, KNOWN_UNTIL_AT, 0)
    after = watch.between(KNOWN_UNTIL_AT, MENDED_AT, 0)
    check(len(known) > 100 and len(after) > 3, f"{len(known)} and {len(after)} samples")
    for when, state, charger in known:
        wall, why, limit = datetime.fromtimestamp(when, ZONE), charger["why_code"], \
            charger["limit_mA"]
        check(state["known_until"] and not state["is_fallback"], f"{wall}: {state['error']}")
        if is_cheap(when) is not None:
            check_equal(why, "price-level" if is_cheap(when) else "wait-level", f"reason at {wall}")
            check_equal(limit > 0, is_cheap(when), f"limit at {wall}")
    check(any(charger["limit_mA"] > 0 for _, _, charger in known), "nothing was charged")
    check(all(state["error"] for _, state, _ in known[len(known) // 2:]), "no error is told")
    ages = [state["age_s"] for _, state, _ in known]
    check(ages[-1] - ages[0] > 20 * 3600, f"the age went from {ages[0]} to {ages[-1]}")
    for when, state, charger in after:
        wall = datetime.fromtimestamp(when, ZONE)
        check(state["is_fallback"] and state["known_until"] is None, f"{wall}: no fallback")
        check_equal((charger["why_code"], charger["limit_mA"]), ("wait-fallback", 0), f"at {wall}")
        check("of the fallback tariff" in charger["why"], charger["why"])


def check_plan(watch):
    """the second: waits for the best that is known before seven, and says so"""
    for from_at, to_at, reasons, charges in (
            (at(21, 21), at(22, 1), {"wait-cheapest"}, False),
            (at(22, 1), at(22, 5), {"cheapest"}, True),
            (at(22, 7), at(22, 12), {"wait-cheapest"}, False),
            (at(22, 12), at(22, 13, 20), {"cheapest"}, True),
            (at(22, 17), at(22, 21), {"wait-cheapest"}, False),
            (KNOWN_UNTIL_AT, MENDED_AT, {"deadline", "wait-deadline"}, None),  # of no price
            (at(23, 2, 40), END_AT, {"cheapest"}, True)):
        samples = watch.between(from_at, to_at, 1)
        check(samples, f"no sample from {datetime.fromtimestamp(from_at, ZONE)} on")
        for when, _, charger in samples:
            wall = datetime.fromtimestamp(when, ZONE)
            check(charger["why_code"] in reasons, f"{wall}: {charger['why']}")
            check(charges is None or (charger["limit_mA"] > 0) == charges, f"{wall}: {charger}")


def test_thirty_hours_without_network():
    """fix-43: rule and plan go on by what is known, then by the fallback tariff, then recover"""
    with tibber() as service:
        service.set_clock(BEGUN_AT, RATE)
        begun = time.monotonic()
        with Home(make_config(service) + SECOND, clock_rate=RATE, wall_at=BEGUN_AT,
                  sim_arguments=["--sockets", "2"]) as home:
            watch = Watch(home, begun)
            wait_prices(home)
            home.sim.command("plug")
            home.sim.command("@1.2 car refusing 1")
            home.sim.command("@1.2 plug")
            for charger in ("1", "second"):
                home.ctl("--charger", charger, "mode", "scheduled")
                home.ctl("--charger", charger, "start")
            service.cut()
            cut_at, asked = service.now(), len(service.requests)
            check(asked <= 4, f"asked {asked} times before the cut")
            watch.until(cut_at + 30 * 3600)
            service.listen()
            wait_for(lambda: prices(home)["known_until"] and not prices(home)["error"] and
                     not prices(home)["is_fallback"], 20, "it recovers by itself")
            check(len(service.requests) > asked, "recovered without asking")
            watch.until(END_AT)
            check_rule(watch, cut_at)
            check_plan(watch)


if __name__ == "__main__":
    run([test_thirty_hours_without_network])
