#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prices from a service that lies, in the real daemon: what is known stays in force by its time."""

import contextlib
import json
import os
import re
import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from harness import CONFIG, SRCDIR, Home, check, check_equal, run, wait_for

sys.path.insert(0, os.path.join(SRCDIR, "tests", "fakes"))
import prices as fakes  # noqa: E402  pylint: disable=wrong-import-position

ZONE = ZoneInfo("Europe/Berlin")
SLOT_S = 900


@contextlib.contextmanager
def tibber():
    service = fakes.make("tibber")
    service.set_clock(time.time(), 1.0)
    try:
        yield service
    finally:
        service.cut()


def make_config(service, strategy="level", token=fakes.Tibber.TOKEN, home_id=fakes.Tibber.HOME):
    return CONFIG + f"""\
schedule: {{mode: tibber}}
tibber:
  access_token: {token}
  home_id: "{home_id}"
  strategy: {strategy}
  max_price_total: 0.15
  cheap_percentile: 0.25
  url: http://127.0.0.1:{service.port}/
"""


def prices(home):
    return home.get("/api/v1/prices")


def wait_prices(home):
    wait_for(lambda: prices(home)["known_until"], 10, "there are prices")


def plan_of(home):
    status, _, body = home.request("GET", "/api/tibber/plan")
    check_equal(status, 200, "the plan")
    return json.loads(body)


def test_plan_and_decision_are_one():
    """fix-42, fix-44: quarters, and one rule for the plan and for the charger"""
    for strategy in ("level", "threshold", "percentile"):
        with tibber() as service, Home(make_config(service, strategy)) as home:
            wait_prices(home)
            plan = plan_of(home)
            check_equal(plan["strategy"], strategy, "strategy")
            check_equal(plan["threshold"] is None, strategy == "level", "threshold")
            check(len(plan["points"]) >= 92, f"{len(plan['points'])} points")
            check(plan["points"][0]["starts_at"][11:19] == "00:00:00", plan["points"][0])
            planned = {slot["start_at"]: slot for slot in home.get("/api/v1/plan")["slots"]}
            check(any(slot["charge"] for slot in planned.values()), "nothing is cheap")
            home.sim.command("plug")
            home.post("/api/mode", {"mode": 2})
            home.post("/api/startstop", {"enabled": True})
            charger = lambda: home.get("/api/v1/chargers")["chargers"][0]  # noqa: E731
            wait_for(lambda: charger()["why_code"] in (
                "price", "wait-price", "price-level", "wait-level"), 20, "the price decides")
            now = time.time()
            slot = planned[time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - now % SLOT_S))]
            wait_for(lambda: (charger()["limit_mA"] > 0) == slot["charge"], 20,
                     f"the charger does as planned: {slot}, {charger()['why']}")
            text = home.ctl("plan").stdout
            check("charges 60 min" in text and f"Strategy {strategy}" in text, text)
            check("EUR per kWh" in home.ctl("prices").stdout, "prices")


def test_deadline():
    """two hours of charging in the cheapest times before a deadline: planned, told, carried out"""
    with tibber() as service:
        due = datetime.fromtimestamp((time.time() // 3600 + 9) * 3600, ZONE)
        config = make_config(service).replace(
            "schedule: {mode: tibber}", "schedule: {deadline: {active: true, "
            f'by: "{due:%H:%M}", hours: 2, plan: cheap}}}}')
        with Home(config) as home:
            wait_prices(home)
            home.sim.command("plug")
            home.post("/api/mode", {"mode": 2})
            home.post("/api/startstop", {"enabled": True})
            charger = lambda: home.get("/api/v1/chargers")["chargers"][0]  # noqa: E731
            wait_for(lambda: charger()["why_code"] in ("cheapest", "wait-cheapest"), 20,
                     f"the plan decides: {charger()['why']}")
            check(re.search(rf"(2:00|1:5\d) h of the .* until {due:%H:%M}", charger()["why"]),
                  charger()["why"])
            plan = home.get("/api/v1/plan")
            runs = [[datetime.fromisoformat(run[key].replace("Z", "+00:00")).timestamp()
                     for key in ("start_at", "end_at")] for run in plan["runs"]]
            check(abs(sum(end - start for start, end in runs) - 7200) < 300, f"two hours: {runs}")
            check(runs[-1][1] < due.timestamp(), f"before {due}: {runs}")
            inside = [slot for slot in plan["slots"] if any(
                start < datetime.fromisoformat(slot["end_at"].replace("Z", "+00:00")).timestamp()
                and datetime.fromisoformat(slot["start_at"].replace("Z", "+00:00")).timestamp() < end
                for start, end in runs)]
            check_equal([slot for slot in plan["slots"] if slot["charge"]], inside, "chosen slots")
            is_now = any(start <= time.time() < end for start, end in runs)
            wait_for(lambda: (charger()["limit_mA"] > 0) == is_now, 20, f"it does so: {runs}")
            text = home.ctl("plan").stdout
            check_equal(text.count("Planned "), len(runs), text)
            minutes = sum(int(found) for found in re.findall(r"charges (\d+) min", text))
            check(110 <= minutes <= 125, f"the minutes of the runs, not of the slots: {text}")


def test_each_charger_has_its_plan():
    """two deadlines, two plans; a charger that is not there has none"""
    due = datetime.fromtimestamp((time.time() // 3600 + 9) * 3600, ZONE)

    def deadline(hours):
        return f'{{deadline: {{active: true, by: "{due:%H:%M}", hours: {hours}, plan: block}}}}'

    def planned_s(plan):
        return sum(datetime.fromisoformat(run["end_at"].replace("Z", "+00:00")).timestamp() -
                   datetime.fromisoformat(run["start_at"].replace("Z", "+00:00")).timestamp()
                   for run in plan["runs"])

    with tibber() as service:
        config = make_config(service).replace("{mode: tibber}", deadline(2)) + f"""\
chargers:
  garage-left:
    device_instance: 1
    schedule: {deadline(4)}
    modbus: {{ip: 127.0.0.1, port: 1}}
"""
        with Home(config) as home:
            wait_prices(home)
            for charger in ("1", "garage-left"):
                for words in (("mode", "scheduled"), ("start",)):
                    done = home.ctl("--charger", charger, *words)
                    check_equal(done.returncode, 0, done.stderr)
            for query, hours in (("", 2), ("?charger=1", 2), ("?charger=garage-left", 4)):
                wait_for(lambda: abs(  # pylint: disable=cell-var-from-loop
                    planned_s(home.get(f"/api/v1/plan{query}")) - hours * 3600) < 300, 20,
                         f"{hours} hours: {home.get(f'/api/v1/plan{query}')['runs']}")
            check_equal(home.request("GET", "/api/v1/plan?charger=9")[0], 404, "no such charger")
            texts = [home.ctl(*words).stdout for words in (
                ("plan",), ("--charger", "1", "plan"), ("--charger", "garage-left", "plan"))]
            check_equal(texts[0], texts[1], "the first charger")
            check("Planned " in texts[2] and texts[2] != texts[0], texts[2])
            done = home.ctl("--charger", "9", "plan")
            check(done.returncode != 0 and "there is no charger 9" in done.stderr, done.stderr)


def test_plan_where_prices_do_not_decide():
    """windows choose no slot; a deadline that does not fit takes all until it is over"""
    due = datetime.fromtimestamp((time.time() // 3600 + 9) * 3600, ZONE)
    day = "{active: true, days: [0,1,2,3,4,5,6], start_time: '00:00', end_time: '00:00'}"
    for schedule in (f"{{mode: time, items: [{day}]}}",
                     f'{{deadline: {{active: true, by: "{due:%H:%M}", energy_kwh: 900}}}}'):
        is_deadline = "deadline" in schedule
        with tibber() as service:
            config = make_config(service).replace("{mode: tibber}", schedule)
            with Home(config) as home:
                wait_prices(home)
                home.sim.command("plug")
                home.post("/api/mode", {"mode": 2})
                home.post("/api/startstop", {"enabled": True})
                wait_for(lambda: len(  # pylint: disable=cell-var-from-loop
                    home.get("/api/v1/plan")["runs"]) == is_deadline, 20, "the plan")
                told, points = home.get("/api/v1/plan")["slots"], plan_of(home)["points"]
                now = time.time()
                for slot in told:
                    start = datetime.fromisoformat(slot["start_at"].replace("Z", "+00:00"))
                    ahead_s = start.timestamp() - now
                    if abs(ahead_s) < SLOT_S or abs(start.timestamp() - due.timestamp()) < SLOT_S:
                        continue  # another one begins while we look
                    expected = None if ahead_s > 0 else False
                    if is_deadline and ahead_s > 0 and start < due:
                        expected = True
                    check_equal(slot["charge"], expected, slot["start_at"])
                check_equal(any(point["will_charge"] for point in points), is_deadline, "points")


def test_no_token_and_wrong_ones():
    with tibber() as service, Home(make_config(service, token="''")) as home:
        check_equal(plan_of(home), {"error": "No Tibber access token configured", "points": []},
                    "without a token")
        check_equal(len(service.requests), 0, "requests without a token")
    with tibber() as service, Home(make_config(service, token="s3cret")) as home:
        wait_for(lambda: prices(home)["error"], 10, "the token is refused")
        status, _, body = home.request("GET", "/api/tibber/plan")
        check_equal(status, 500, "the plan without prices")
        check("tibber.access_token" in json.loads(body)["error"], body)
        check("s3cret" not in home.daemon.log(), "the token is in the log")
    with tibber() as service, Home(make_config(service, home_id="nobody")) as home:
        wait_for(lambda: prices(home)["error"], 10, "fix-42: the home is unknown")
        check(prices(home)["is_fallback"] and prices(home)["known_until"] is None,
              "prices of another home")


def test_every_fault_leaves_prices():
    """fix-39, fix-43: after a restart what was kept is in force, whatever the service does"""
    with tibber() as service, Home(make_config(service)) as home:
        wait_prices(home)
        known = prices(home)["slots"]
        for fault in ("503", "429", "html", "errors", "token", "empty", "cut", "garbage",
                      "elsewhere"):
            home.daemon.end()
            service.fault = fault
            cache = os.path.join(home.state_dir, "prices", "tibber-prices")
            with open(cache, "rb") as file:  # an hour old: asks again at once
                head, _, body = file.read().partition(b"\n")
            head = json.loads(head)
            head["fetched_at"] -= 4000
            with open(cache, "wb") as file:
                file.write(json.dumps(head).encode() + b"\n" + body)
            asked = len(service.requests)
            home.start_daemon()
            wait_for(lambda: prices(home)["error"], 15, f"{fault} is told")
            check_equal(prices(home)["slots"], known, f"prices under {fault}")
            check(prices(home)["age_s"] >= 4000, "the age")
            check(len(service.requests) - asked <= 2, f"asked {len(service.requests) - asked} times")


def parts_add_up(slots):
    return all(sum(slot["parts"].values()) == slot["import_micros_per_kwh"] for slot in slots)


def test_fees_and_tax():
    """applied once, to whatever the source tells; a currency without a rate is no price"""
    with tibber() as service, Home(make_config(service)) as home:
        wait_prices(home)
        told = prices(home)["slots"]
        check(parts_add_up(told), told[0])
        tariff = {"grid_fee_per_kwh": 0.1, "vat_percent": 20, "feed_in": "fixed",
                  "feed_in_per_kwh": 0.08}
        home.patch("/api/v1/settings", {"pricing": {"tariff": tariff}})
        composed = prices(home)["slots"]
        check(parts_add_up(composed), composed[0])
        for before, after in zip(told, composed):
            expected = (before["import_micros_per_kwh"] + 100000) * 1.2
            check(abs(after["import_micros_per_kwh"] - expected) <= 1, (before, after))
            check_equal(after["export_micros_per_kwh"], 80000, "feed-in")
        home.patch("/api/v1/settings", {"pricing": {"tariff": {"currency": "SEK"}}})
        check(prices(home)["is_fallback"], "euro taken for kronor")
        check("exchange_rate" in prices(home)["error"], prices(home)["error"])
        home.patch("/api/v1/settings", {"pricing": {"tariff": {"exchange_rate": 11}}})
        check_equal(prices(home)["currency"], "SEK", "currency")
        dear = prices(home)["slots"][0]["import_micros_per_kwh"]
        check(abs(dear - (told[0]["import_micros_per_kwh"] * 11 + 100000) * 1.2) <= 2, dear)


def test_times_of_the_day():
    """a tariff with a night, without any service; fix-28"""
    config = CONFIG + """\
pricing:
  source: victron
  static_rate_eur_per_kwh: 0.3
  rules:
    - {price_per_kwh: 0.2, start_time: "22:00", end_time: "06:00"}
"""
    with Home(config) as home:
        wait_for(lambda: prices(home)["known_until"], 10, "prices")
        check("no price" in home.daemon.log(), "the warning")
        state = prices(home)
        check_equal(state["source"], "fixed", "source")
        check(not state["is_fallback"] and len(state["slots"]) > 200, "slots")
        for slot in state["slots"]:
            start = datetime.fromisoformat(slot["start_at"].replace("Z", "+00:00"))
            is_night = not 6 <= start.astimezone(ZoneInfo("Europe/Berlin")).hour < 22
            check_equal(slot["import_micros_per_kwh"], 200000 if is_night else 300000, slot)
        check_equal(home.get("/api/status")["pricing_source"], "static", "the source")


def minutes_of(home, from_at):
    """{begin of the minute: Wh of charger 1}"""
    data = home.get(f"/api/v1/history?series=charger.1.energy_wh&step=minute&from={from_at}")
    return {at: wh for at, wh in zip(data["starts_at"], data["series"]["charger.1.energy_wh"])
            if wh}


def test_session_over_slots_costs_what_each_slot_costs():
    """from 0.25 to 0.45 at five in the evening, in the middle of a stay"""
    five_at = 1773158400  # 2026-03-10 17:00 in Berlin
    with tibber() as service:
        service.set_clock(five_at - 240, 60)
        with Home(make_config(service), clock_rate=60, wall_at=five_at - 240) as home:
            charger = lambda: home.get("/api/v1/chargers")["chargers"][0]  # noqa: E731
            wait_prices(home)
            home.sim.command("plug")
            home.post("/api/mode", {"mode": 0})
            home.post("/api/startstop", {"enabled": True})
            home.post("/api/set_current", {"amps": 16})
            wait_for(lambda: any(at >= five_at + 120 for at in minutes_of(home, five_at - 600)), 60,
                     "it charged before and after five")
            home.sim.command("unplug")
            wait_for(lambda: not charger()["session_running"], 20, "the end")
            session = wait_for(lambda: [session for session
                                        in home.get("/api/v1/sessions")["sessions"]
                                        if not session["running"]], 20, "the session")[0]
            energies = wait_for(
                lambda: (found := minutes_of(home, five_at - 600)) and
                abs(sum(found.values()) - session["energy_wh"]) < 1 and found, 20, "all minutes")
            check(any(at < five_at for at in energies), f"nothing before five: {energies}")
            cost = sum(wh / 1000 * (0.45 if at >= five_at else 0.25)
                       for at, wh in energies.items())
            check(abs(session["cost"] - cost) < 0.01, f"{session}, expected {cost}")


if __name__ == "__main__":
    run([test_session_over_slots_costs_what_each_slot_costs,
         test_plan_and_decision_are_one, test_deadline, test_plan_where_prices_do_not_decide,
         test_each_charger_has_its_plan,
         test_no_token_and_wrong_ones, test_fees_and_tax, test_times_of_the_day,
         test_every_fault_leaves_prices])
