#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""History against kills: no session lost or doubled, every Wh of the counter in exactly one."""

import collections
import http.client
import json
import os
import time

from harness import BUILDDIR, CONFIG, LONG, Home, check, check_equal, make_random, run, wait_for

KILLS = 500 if LONG else 20
RATE = 60           # a minute of the house in a second
MAX_ERROR_WH = 10
LIVES_S = (0.05, 1.2)  # of a daemon, from its first answer to its end

FAULT_WRITES = os.path.join(BUILDDIR, "tests", "integration", "fault-writes.so")

QUIET = CONFIG.replace("level: DEBUG", "level: INFO")


def counter_wh(home):
    return sum(home.sim.socket_state()["meter"]["energy_wh"])


def sessions(home, query=""):
    page = home.get("/api/v1/sessions?order=asc&limit=1000" + query)
    check_equal(page["total"], len(page["sessions"]), "sessions on one page")
    return page["sessions"]


def settled(home):
    """the sessions, once the daemon has seen that the car is gone and the last one ended"""
    found = wait_for(lambda: sessions(home), 20, "sessions can be read")
    return found if not any(session["running"] for session in found) else None


def choose_disk(rng, home):
    """what the next daemon writes on: most are fine, some are full, torn or cut in a write"""
    kind, number = rng.choice([("fine", 0)] * 2 + [
        ("full", rng.randint(20, 600)), ("torn", rng.randint(20, 600)),
        ("cut", rng.randint(1, 60))])
    return kind, {
        "LD_PRELOAD": FAULT_WRITES,
        "FAULT_WRITES": f"{kind} {number}",
        "FAULT_SEED": str(rng.randrange(2**32)),
        "FAULT_FOLDER": home.state_dir,
        "ASAN_OPTIONS": home.make_environment({})["ASAN_OPTIONS"] + ":verify_asan_link_order=0",
    }


def live(home, rng, shown):
    """one life of a daemon, on some disk, until it is killed or its power is cut"""
    kind, environment = choose_disk(rng, home)
    try:
        home.start_daemon(**environment)
        time.sleep(rng.uniform(*LIVES_S))  # the moment of the kill is left to chance
        shown.update(session["id"] for session in sessions(home))
    except (AssertionError, RuntimeError, OSError, http.client.HTTPException):
        # no answer: the disk was too bad for its history, or its end came first
        check(kind != "fine", "a daemon with a good disk did not answer")
    home.daemon.kill()
    return kind


def test_kills_lose_nothing():
    check(os.path.exists(FAULT_WRITES), FAULT_WRITES + " is not built")
    rng = make_random("kills")
    lives, shown = collections.Counter(), set()
    with Home(config=QUIET, clock_rate=RATE) as home:
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the counter is known")
        first_wh = counter_wh(home)
        home.ctl("mode", "manual")
        home.ctl("start")
        home.ctl("current", "16")
        home.daemon.end()  # what people asked for is on the disk
        plugged, stays = False, 0
        for _ in range(KILLS):
            if rng.random() < 0.4:  # seen by the daemon, unless the next kill comes first
                home.sim.command("unplug" if plugged else "plug")
                plugged = not plugged
                stays += plugged
            lives[live(home, rng, shown)] += 1
        home.start_daemon()
        polled = wait_for(lambda: home.status()["total_polls"], 20, "an answer of the charger")
        if plugged:
            home.sim.command("unplug")
        wait_for(lambda: home.status()["total_polls"] > polled + 20, 20, "it was looked at")
        found = wait_for(lambda: settled(home), 30, "the last session ended")
        total_wh = sum(session["energy_wh"] for session in found)
        true_wh = counter_wh(home) - first_wh
        print(f"# {KILLS} kills {dict(lives)}, {stays} stays, {len(found)} sessions, "
              f"{len(shown)} of them shown before, {total_wh} of {true_wh} Wh")
        check(abs(total_wh - true_wh) <= MAX_ERROR_WH, f"{total_wh} Wh, in truth {true_wh} Wh: "
              + json.dumps(found, indent=1))
        ids = {session["id"] for session in found}
        check_equal(len(ids), len(found), "ids")
        check(shown <= ids, f"sessions that were shown and are gone: {shown - ids}")
        counters = [(session["start_counter_wh"], session["end_counter_wh"]) for session in found]
        for (_, before), (after, _) in zip(counters, counters[1:]):
            check(after >= before, f"two sessions have the same energy: {counters}")


def charge_for(home, seconds):
    """a stay of so many seconds of the house's time"""
    home.sim.command("plug")
    wait_for(lambda: home.status()["status"] == 2, 30, "the car charges")
    time.sleep(seconds / RATE)  # the energy is what is measured, nothing is waited for
    home.sim.command("unplug")
    wait_for(lambda: home.status()["session"]["end_ts"] is not None, 20, "the session ended")


def test_fix_26_each_session_has_its_own_cost():
    """ended sessions keep cost and times, a running one has none of theirs"""
    with Home(config=QUIET + "pricing:\n  source: static\n  static_rate_eur_per_kwh: 0.25\n",
              clock_rate=RATE) as home:
        home.ctl("start")
        home.ctl("current", "16")
        charge_for(home, 300)
        old = wait_for(lambda: home.get("/api/sessions")["last_session"], 10, "the last session")
        check(old["cost"] is not None and old["end_time"] is not None, old)
        check(abs(old["cost"] - 0.25 * old["energy_delivered_kwh"]) < 0.01, old)
        home.sim.command("plug")
        shown = wait_for(lambda: (document := home.get("/api/sessions"))["current_session"]
                         and document, 20, "the next session")
        check_equal(shown["current_session"]["status"], "Active", "status")
        check_equal(shown["current_session"]["end_time"], None, "end of a running session")
        check(shown["current_session"]["id"] != old["id"], "the same id")
        check_equal(shown["last_session"], old, "the last session")
        check_equal(shown["history"], [old], "history")
        home.daemon.kill()  # fix-68: the last session is not lost with the daemon
        home.start_daemon()
        again = wait_for(lambda: (document := home.get("/api/sessions"))["current_session"]
                         and document, 20, "the running session goes on")
        check_equal(again["last_session"], old, "the last session after a restart")
        check_equal(again["current_session"]["id"], shown["current_session"]["id"], "the running one")


def test_edit_export_delete():
    with Home(config=QUIET, clock_rate=RATE) as home:
        home.ctl("start")
        charge_for(home, 200)
        session = wait_for(lambda: sessions(home), 10, "a session")[0]
        path = "/api/v1/sessions/" + session["id"]
        changed = home.patch(path, {"tag": "Ada, \"the\" driver", "note": "=1+1"})
        check_equal((changed["tag"], changed["note"]), ('Ada, "the" driver', "=1+1"), "changed")
        for bad in ({"energy_wh": 0}, {"tag": 7}, {"car": 7}, {"tag": "x" * 201}, {}, []):
            check_equal(home.request("PATCH", path, bad)[0], 422, f"PATCH {bad}")
        check_equal(home.request("PATCH", "/api/v1/sessions/nobody", {"tag": "x"})[0], 404, "nobody")
        status, headers, text = home.request("GET", "/api/v1/sessions?format=csv")
        check_equal(status, 200, "csv")
        check(headers["Content-Type"].startswith("text/csv"), headers["Content-Type"])
        rows = text.decode().split("\r\n")
        check(rows[0].startswith("id,charger,started_at"), rows[0])
        check('"Ada, ""the"" driver"' in rows[1] and "'=1+1" in rows[1], rows[1])
        wait_for(lambda: [total["energy_wh"] for total in home.get("/api/v1/totals?by=year")["totals"]]
                 == [session["energy_wh"]], 10, "totals")
        changed = home.patch(path, {"car": "Zoe"})
        check_equal((changed["car"], changed["note"]), ("Zoe", "=1+1"), "the car")
        totals = home.get("/api/v1/totals?by=car")["totals"]
        check_equal([(total["key"], total["energy_wh"]) for total in totals],
                    [("Zoe", session["energy_wh"])], "totals of the car")
        check_equal(home.get("/api/v1/sessions?car=Zoe")["total"], 1, "sessions of the car")
        check_equal(home.get("/api/v1/sessions?car=Leaf")["total"], 0, "sessions of another")
        for bad in ("from=yesterday", "limit=0", "limit=99999", "sort=x", "offset=-1", "format=xml",
                    "from=2026-11-22&to=2026-11-21"):
            check_equal(home.request("GET", "/api/v1/sessions?" + bad)[0], 422, bad)
        shown = home.ctl("sessions")
        check(shown.returncode == 0 and "unplugged, Ada" in shown.stdout, shown)
        check_equal(home.ctl("totals", "day").returncode, 0, "phaetonctl totals")
        check_equal(home.ctl("history").returncode, 0, "phaetonctl history")
        copy = os.path.join(home.directory, "copy.db")
        check_equal(home.ctl("backup", copy).returncode, 0, "phaetonctl backup")
        check_equal(home.request("DELETE", path)[0], 200, "delete")
        check_equal(sessions(home), [], "sessions after the delete")
        home.daemon.kill()
        home.start_daemon()
        wait_for(lambda: home.status()["total_energy_kwh"] is not None, 20, "the charger")
        check_equal(sessions(home), [], "a deleted session came back")
        restored = home.ctl("restore", copy)
        check_equal(restored.returncode, 0, restored.stderr)
        check_equal([kept["id"] for kept in sessions(home)], [session["id"]], "restored")
        check_equal(home.ctl("restore", home.config_path).returncode, 1, "a copy that is none")


def test_lost_state_file():
    """what ran when the state was lost has ended, nobody knows when; its energy stays"""
    with Home(config=QUIET, clock_rate=RATE) as home:
        home.ctl("start")
        home.sim.command("plug")
        session = wait_for(lambda: sessions(home), 20, "the session begins")[0]
        check(session["running"], session)
        home.daemon.end()
        os.unlink(os.path.join(home.state_dir, "state.json"))
        home.sim.command("unplug")
        home.start_daemon()
        found = wait_for(lambda: [row for row in sessions(home) if not row["running"]], 20, "its end")
        check_equal([row["id"] for row in found], [session["id"]], "sessions")
        check_equal((found[0]["end_reason"], found[0]["ended_at"]), ("interrupted", None), "its end")
        check(found[0]["energy_wh"] >= session["energy_wh"], found)


def test_series_are_recorded():
    with Home(config=QUIET, clock_rate=RATE) as home:
        home.ctl("start")
        home.sim.command("plug")
        wait_for(lambda: home.status()["status"] == 2, 30, "the car charges")
        names = wait_for(lambda: home.get("/api/v1/history/series")["series"], 10, "series")
        check("charger.1.power_w" in names and "charger.1.energy_wh" in names, names)

        def minutes():
            data = home.get("/api/v1/history?series=charger.1.power_w,charger.1.energy_wh"
                            "&step=minute")
            powers = data["series"]["charger.1.power_w"]
            return [power for power in powers if power] and data
        data = wait_for(minutes, 20, "minutes with power")
        for values in data["series"].values():
            check_equal(len(values), len(data["starts_at"]) - 1, "values")
        names = [f"charger.1.{name}" for name in ("power_w", "current_mA", "limit_mA", "max_mA")]
        live = home.get("/api/v1/history?step=second&series=" + ",".join(names))
        for name in names:
            check(any(live["series"][name]), f"no live values of {name}")
        since = live["starts_at"][-2]
        live = home.get(f"/api/v1/history?step=second&from={since}&series={names[0]}")
        check(live["starts_at"][0] >= since, "live values that were not asked for")
        for bad in ("", "series=a&step=7", "series=a&from=2&to=1", "series=a&step=minute&from=0"):
            check_equal(home.request("GET", "/api/v1/history?" + bad)[0], 422, bad)
        check_equal(home.request("GET", "/api/v1/history?series=nope")[0], 404, "no such series")
        mixed = home.get(f"/api/v1/history?series=nope,{names[0]}")["series"]
        check(set(mixed["nope"]) == {None}, "beside others it is empty")
        done = home.ctl("history", "nope")
        check(done.returncode == 1 and "no such series" in done.stderr, done.stderr)


run([test_kills_lose_nothing, test_fix_26_each_session_has_its_own_cost, test_edit_export_delete,
     test_lost_state_file, test_series_are_recorded])
