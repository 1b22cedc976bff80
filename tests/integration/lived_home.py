# SPDX-License-Identifier: GPL-3.0-or-later
"""A home in which somebody lived for two months: sessions, minutes of the last one, prices with
peaks and valleys, windows of a week. What the page shows of an empty home is soon looked at."""

import math
import os
import random
import sqlite3
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from harness import CONFIG, Home, check, wait_for

DAYS = 60
SEED = 8
ZONE = ZoneInfo("Europe/Berlin")
MINUTE_S = 60
MICROS = 1_000_000

LIVED_CONFIG = CONFIG + """\
prices:
  provider: file
  file: {directory}/prices.csv
pricing:
  currency_symbol: "€"
tibber:
  strategy: percentile
  cheap_percentile: 0.3
schedule:
  items:
    - { active: true, days: [0, 1, 2, 3, 4], start_time: "22:30", end_time: "05:30" }
    - { active: true, days: [5, 6], start_time: "11:00", end_time: "16:00", current: 10 }
    - { active: false, days: [2], start_time: "13:00", end_time: "14:30" }
"""


def price(hour):
    """of a day in November: cheap at night and at noon, dear when people come home"""
    return 0.24 + 0.09 * math.sin((hour - 4) * math.pi / 6) + 0.05 * math.sin(hour / 3)


def write_prices(directory):
    begin = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    with open(os.path.join(directory, "prices.csv"), "w", encoding="utf-8") as file:
        file.write("start;price\n")
        for hour in range(48):
            at = begin + timedelta(hours=hour)
            file.write(f"{at:%Y-%m-%dT%H:%M};{price(hour):.4f}\n")


def make_sessions(now):
    chance = random.Random(SEED)
    midnight = now - now % 86400
    for day in range(DAYS, 0, -1):
        if chance.random() < 0.25:
            continue
        start = midnight - day * 86400 + chance.randrange(8, 17) * 3600 + chance.randrange(3600)
        energy_wh = chance.randrange(4000, 38000)
        sun_wh = int(energy_wh * chance.random() * 0.8)
        battery_wh = int((energy_wh - sun_wh) * chance.random() * 0.3)
        power_w = chance.choice((3600, 7200, 10900))
        length_s = energy_wh * 3600 // power_w
        yield {
            "number": -day, "id": f"00000000-0000-4000-8000-{day:012}", "charger": "1", "running": 0,
            "started_at": start, "ended_at": start + length_s, "energy_wh": energy_wh,
            "charging_s": length_s, "peak_w": power_w + 150, "phases": 1 if power_w < 4000 else 3,
            "cost_micros": (energy_wh - sun_wh) * 270, "saved_micros": sun_wh * 190,
            "currency": "€", "sun_wh": sun_wh, "battery_wh": battery_wh,
            "grid_wh": energy_wh - sun_wh - battery_wh, "end_reason": 0, "interruptions": day % 3,
        }


def make_minutes(session):
    """power of sun and car: a hill, and a line with a taper"""
    for at in range(session["started_at"] // MINUTE_S * MINUTE_S, session["ended_at"], MINUTE_S):
        part = (at - session["started_at"]) / (session["ended_at"] - session["started_at"])
        yield at, "site.pv_power_w", int(6200 * math.sin(math.pi * (0.15 + 0.7 * part)))
        yield at, "charger.1.power_w", int(session["peak_w"] * (1 if part < 0.8 else 2.6 - 2 * part))


def fill_history(path):
    database = sqlite3.connect(path)
    with database:
        sessions = list(make_sessions(int(time.time())))
        for session in sessions:
            database.execute(
                f"INSERT INTO sessions ({', '.join(session)}) VALUES ({', '.join('?' * len(session))})",
                list(session.values()))
        numbers = dict(database.execute("SELECT name, number FROM series"))
        for at, name, value in make_minutes(sessions[-1]):
            if name not in numbers:
                numbers[name] = database.execute("INSERT INTO series (name) VALUES (?)",
                                                 [name]).lastrowid
            database.execute("INSERT OR REPLACE INTO minutes VALUES (?, ?, ?, ?)",
                             [at, numbers[name], value * MINUTE_S, MINUTE_S])
    database.close()


class LivedHome(Home):
    def __init__(self, **options):
        super().__init__(config=LIVED_CONFIG, **options)
        write_prices(self.directory)

    def __enter__(self):
        super().__enter__()
        self.live()
        self.daemon.end()  # what it knows it writes now
        fill_history(os.path.join(self.state_dir, "history.db"))
        self.start_daemon()
        wait_for(lambda: self.status()["status"] == 2, 30, "the car charges again")
        return self

    def live(self):
        """a sunny noon with a car that takes what is left"""
        for command in ("house load_w 640", "house pv_w 6900", "house battery 1",
                        "house battery_soc_percent 82", "house battery_max_charge_w 1500", "plug"):
            self.sim.command(command)
        for path, body in (("/api/mode", {"mode": 0}), ("/api/set_current", {"amps": 12}),
                           ("/api/startstop", {"value": 1})):
            check(self.request("POST", path, body)[0] == 200, path)
        wait_for(lambda: self.status()["status"] == 2, 30, "the car charges")
