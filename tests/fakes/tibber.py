#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that answers as Tibber does, and lies when asked to.

Prints "PORT n" when it listens, ends when stdin closes. Lines on stdin steer it:

    clock SECONDS      what time it is, seconds UTC; a day's prices are there from 13:00 local
    rate FACTOR        how fast its clock runs
    fault NAME         none, 429, 503, html, errors, token, empty, cut, slow, garbage, nohome
    resolution MINUTES 15 or 60
    hide N             the first N slots have no total

GET /count answers how often it was asked.
"""

import http.server
import json
import sys
import threading
import time
import zoneinfo
from datetime import datetime, timedelta, timezone

ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
HOME = "11111111-2222-3333-4444-555555555555"
PUBLISHED_HOUR = 13


class Clock:
    def __init__(self):
        self.set(time.time())
        self.rate = 1.0

    def set(self, at):
        self.at, self.since = at, time.monotonic()

    def now(self):
        return self.at + (time.monotonic() - self.since) * self.rate

    def set_rate(self, rate):
        self.set(self.now())
        self.rate = rate


CLOCK = Clock()
STATE = {"fault": "none", "resolution": 15, "hide": 0, "count": 0}


def price_of(start):
    """cheap from one to five in the local night, dear in the evening; below zero at noon"""
    hour = start.astimezone(ZONE).hour
    if 1 <= hour < 5:
        return 0.10 + hour / 1000, "VERY_CHEAP"
    if hour == 12:
        return -0.02, "VERY_CHEAP"
    return (0.45, "VERY_EXPENSIVE") if 17 <= hour < 21 else (0.25, "NORMAL")


def day_of(date):
    """every slot of a local day: 92, 96 or 100 quarters"""
    start = datetime(date.year, date.month, date.day, tzinfo=ZONE).astimezone(timezone.utc)
    after = date + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=ZONE).astimezone(timezone.utc)
    slots = []
    while start < end:
        total, level = price_of(start)
        slots.append({"total": total, "level": level,
                      "startsAt": start.astimezone(ZONE).isoformat(timespec="milliseconds")})
        start += timedelta(minutes=STATE["resolution"])
    for slot in slots[:STATE["hide"]]:
        slot["total"] = None
    return slots


def answer():
    now = datetime.fromtimestamp(CLOCK.now(), ZONE)
    tomorrow = now.date() + timedelta(days=1)
    info = {"current": {"currency": "EUR"}, "today": day_of(now.date()),
            "tomorrow": day_of(tomorrow) if now.hour >= PUBLISHED_HOUR else []}
    homes = [{"id": "00000000-0000-0000-0000-000000000000", "currentSubscription": None},
             {"id": HOME, "currentSubscription": {"priceInfo": info}}]
    return {"data": {"viewer": {"homes": homes}}}


def error(code):
    return json.dumps({"data": None, "errors": [{"message": "no", "extensions": {"code": code}}]})


BODIES = {
    "html": lambda: "<html><body>We will be back soon</body></html>",
    "errors": lambda: error("INTERNAL_SERVER_ERROR"),
    "token": lambda: error("UNAUTHENTICATED"),
    "empty": lambda: json.dumps({"data": {"viewer": {"homes": []}}}),
    "garbage": lambda: "{\"data\":" * 1000,
    "nohome": lambda: json.dumps({"data": {"viewer": {"homes": [
        {"id": "22222222-2222-2222-2222-222222222222",
         "currentSubscription": answer()["data"]["viewer"]["homes"][1]["currentSubscription"]}]}}}),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, headers=(), claim=None):
        data = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(claim or len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.reply(200, json.dumps({"count": STATE["count"]}))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        STATE["count"] += 1
        fault = STATE["fault"]
        if self.headers.get("Authorization") != "Bearer good":
            self.reply(200, error("UNAUTHENTICATED"))
        elif fault == "429":
            self.reply(429, "{}", [("Retry-After", "60")])
        elif fault == "503":
            self.reply(503, "<html>maintenance</html>")
        elif fault == "cut":
            self.reply(200, json.dumps(answer())[:500], claim=100000)
            self.close_connection = True
        elif fault == "slow":
            time.sleep(60)
        elif fault in BODIES:
            self.reply(200, BODIES[fault]())
        else:
            self.reply(200, json.dumps(answer()))

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a peer may go when it wants to
            super().handle_error(request, client_address)


def steer(line):
    word, _, value = line.strip().partition(" ")
    if word == "clock":
        CLOCK.set(float(value))
    elif word == "rate":
        CLOCK.set_rate(float(value))
    elif word == "fault":
        STATE["fault"] = value
    elif word in ("resolution", "hide"):
        STATE[word] = int(value)
    print("OK", flush=True)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("PORT", server.server_address[1], flush=True)
    for line in sys.stdin:
        steer(line)


if __name__ == "__main__":
    main()
