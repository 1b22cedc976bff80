#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that tell prices as the real ones do, and lie when asked to.

    prices.py NAME     one of FAKES below

Prints "PORT n" when it listens, ends when stdin closes. Lines on stdin steer it:

    clock SECONDS      what time it is, seconds UTC; decides whether tomorrow is published
    rate FACTOR        how fast its clock runs
    fault NAME         see FAULTS and the fakes; none: honest
    minutes N          length of a slot
    cut, mend          the network is gone: nobody listens at the port; is back

GET /count answers how often it was asked. Tests in Python use make() and the object itself.
"""

import email.utils
import gzip
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import zoneinfo
from datetime import date, datetime, timedelta, timezone

HTML = "<!DOCTYPE html><html><body>We will be back soon</body></html>"
BOMB = gzip.compress(b" " * 2**26)  # 64 kB that unpack to a thousand times as much
RETRY_AFTER_S = 3600
HOUR_S = 3600

# what any service can do; the rest is in answer() of each
FAULTS = {
    "429": lambda fake: (429, "{}", {"Retry-After": str(RETRY_AFTER_S)}),
    "429-date": lambda fake: (429, "{}", {"Retry-After": email.utils.formatdate(
        fake.now() + RETRY_AFTER_S, usegmt=True)}),
    "429-bare": lambda fake: (429, HTML, {}),
    "400": lambda fake: (400, json.dumps({"code": 3, "message": "value does not match regex",
                                          "details": []}), {}),
    "403": lambda fake: (403, HTML, {}),
    "428": lambda fake: (428, "{}", {}),
    "503": lambda fake: (503, HTML, {}),
    "500": lambda fake: (500, "{}", {}),
    "html": lambda fake: (200, HTML, {"Content-Type": "text/html"}),
    "garbage": lambda fake: (200, "{\"data\":" * 1000, {}),
    "nothing": lambda fake: (200, "", {}),
    "huge": lambda fake: (200, "[" + "1," * 400000 + "1]", {}),
    "bomb": lambda fake: (200, BOMB, {"Content-Encoding": "gzip"}),
    "redirect-http": lambda fake: (302, "", {"Location": "http://prices.example/"}),
    "redirect-loop": lambda fake: (302, "", {"Location": "/again"}),
}


def utc(at):
    return datetime.fromtimestamp(at, timezone.utc)


class Fake:
    """
    zone, published: of the market's days
    minutes: length of its slots
    """
    name = zone = ""
    published = 13 * 60
    minutes = 15
    currency = "EUR"
    is_open = True  # knows no tokens
    budget = 100  # requests of a day in UTC that we allow ourselves

    def __init__(self):
        self.fault = "none"
        self.revision = 0
        self.requests = []  # (time, path, headers)
        self.set_clock(time.time())
        self._server = None
        self.port = 0

    # time

    def set_clock(self, at, rate=0.0):
        self._at, self._since, self._rate = at, time.monotonic(), rate

    def now(self):
        return self._at + (time.monotonic() - self._since) * self._rate

    def midnight(self, day):
        return int(datetime(day.year, day.month, day.day,
                            tzinfo=zoneinfo.ZoneInfo(self.zone)).timestamp())

    def today(self):
        return datetime.fromtimestamp(self.now(), zoneinfo.ZoneInfo(self.zone)).date()

    def is_out(self, day):
        """its prices are published"""
        eve = day - timedelta(days=1)
        at = datetime(eve.year, eve.month, eve.day, self.published // 60, self.published % 60,
                      tzinfo=zoneinfo.ZoneInfo(self.zone)).timestamp()
        return self.now() >= at

    # prices

    def micros(self, at):
        """millionths per kWh, a multiple of ten; some are 0 and less"""
        return 10 * ((at // (self.minutes * 60) * 7919) % 40000 - 4000 + self.revision)

    def day(self, day):
        """(start, end) of every slot of a market day: 23, 24 or 25 hours"""
        start, end = self.midnight(day), self.midnight(day + timedelta(days=1))
        step = self.minutes * 60
        return [(at, at + step) for at in range(start, end, step)]

    def days_between(self, start, end):
        """published slots of that time"""
        first = datetime.fromtimestamp(start, zoneinfo.ZoneInfo(self.zone)).date()
        return [slot for i in range(4) if self.is_out(first + timedelta(days=i))
                for slot in self.day(first + timedelta(days=i))
                if start <= slot[0] < end]

    def known(self, day):
        """[[start, end, micros]] that a client must have of a day"""
        return [[start, end, self.micros(start)] for start, end in self.day(day)]

    def shown(self, at):
        """an instant, or another one in the wrong zone"""
        return at + HOUR_S if self.fault == "shift" else at

    def z(self, at, form="%Y-%m-%dT%H:%M:%SZ"):
        return utc(self.shown(at)).strftime(form)

    def price(self, at, micros):
        """None where the fault says so"""
        return None if self.fault == "noprice" else self.micros(at) / micros

    # talking

    def settings(self):
        """of the daemon, to ask us"""
        return {"prices.provider": "profile", "prices.profile": self.name,
                "prices.url": f"http://127.0.0.1:{self.port}"}

    def answer(self, path, query, headers, body):
        """(status, text[, headers])"""
        raise NotImplementedError

    def errors(self):
        """what it says in place of prices, under 200"""
        return 200, json.dumps({"error": "out of order", "message": "out of order"})

    def token(self):
        """it does not know us"""
        return 401, "{}"

    def reply(self, path, headers, body):
        self.requests.append((self.now(), path, dict(headers)))
        if self.fault in FAULTS:
            return FAULTS[self.fault](self)
        if self.fault == "errors":
            return self.errors()
        if self.fault == "token":
            return self.token()
        parts = urllib.parse.urlsplit(path)
        query = {key: values[0] for key, values in urllib.parse.parse_qs(parts.query).items()}
        return self.answer(urllib.parse.unquote(parts.path), query, headers, body)

    def listen(self, tls=None):
        """tls: (nullable) an ssl.SSLContext"""
        self._server = Server(("127.0.0.1", self.port), make_handler(self))
        self._server.tls = tls
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def cut(self):
        """from now on nobody listens"""
        self._server.shutdown()
        self._server.server_close()


def not_found():
    return 404, "{\"code\":5,\"message\":\"no prices\"}"


class Tibber(Fake):
    name, zone, is_open, budget = "tibber", "Europe/Berlin", False, 300
    TOKEN = "good-5f4dcc3b5aa765d6"
    HOME = "11111111-2222-3333-4444-555555555555"

    def settings(self):
        return {"prices.provider": "tibber", "tibber.access_token": self.TOKEN,
                "tibber.home_id": self.HOME, "tibber.url": f"http://127.0.0.1:{self.port}/"}

    def micros(self, at):
        """cheap from one to five in the local night, dear in the evening; below zero at noon"""
        hour = utc(at).astimezone(zoneinfo.ZoneInfo(self.zone)).hour
        base = (100000 + hour * 1000 if 1 <= hour < 5 else -20000 if hour == 12
                else 450000 if 17 <= hour < 21 else 250000)
        return base + 10 * self.revision

    def level(self, at):
        micros = self.micros(at)
        return ("VERY_CHEAP" if micros < 200000 else "VERY_EXPENSIVE" if micros > 400000
                else "NORMAL")

    def entries(self, day):
        # the wrong zone for people, but the right instants: an offset says which
        zone = zoneinfo.ZoneInfo("America/New_York" if self.fault == "shift" else self.zone)
        return [{"total": self.price(start, 1e6), "level": self.level(start),
                 "startsAt": utc(start).astimezone(zone).isoformat(timespec="milliseconds")}
                for start, _ in self.day(day)]

    def answer(self, path, query, headers, body):
        assert "QUARTER_HOURLY" in json.loads(body)["query"]
        if self.fault == "token-400":  # has been seen in place of 200
            return 400, self.token()[1]
        if headers.get("Authorization") != "Bearer " + self.TOKEN:
            return self.token()
        day = self.today()
        tomorrow = day + timedelta(days=1)
        info = {"current": {"currency": self.currency}, "today": self.entries(day),
                "tomorrow": self.entries(tomorrow) if self.is_out(tomorrow) else []}
        if self.fault == "dup":
            info["tomorrow"] += info["today"] + info["tomorrow"]
        home = self.HOME if self.fault != "elsewhere" else "2" + self.HOME[1:]
        contract = {"priceInfo": info} if self.fault != "inactive" else None
        homes = [None, {"id": "0" * 8, "currentSubscription": None},
                 {"id": home, "currentSubscription": contract}]
        return 200, json.dumps({"data": {"viewer": {
            "homes": homes if self.fault != "empty" else []}}})

    def say(self, code):
        return 200, json.dumps({"data": None,
                                "errors": [{"message": "no", "extensions": {"code": code}}]})

    def errors(self):
        return self.say("INTERNAL_SERVER_ERROR")

    def token(self):
        return self.say("UNAUTHENTICATED")


class NordPool(Fake):
    name, zone, published, currency = "nordpool", "Europe/Brussels", 12 * 60 + 55, "SEK"
    budget = 150
    AREA = "SE3"

    def settings(self):
        return {"prices.provider": "nordpool", "prices.area": self.AREA,
                "prices.currency": self.currency, "prices.url": f"http://127.0.0.1:{self.port}"}

    def answer(self, path, query, headers, body):
        if path != "/api/DayAheadPrices" or query["market"] != "DayAhead":
            return not_found()
        if query["deliveryArea"] != self.AREA or query["currency"] != self.currency:
            return 400, "{\"message\":\"what?\"}"
        day = date.fromisoformat(query["date"])
        if not self.is_out(day) or self.fault == "empty":
            return 204, ""
        key = "FI" if self.fault == "elsewhere" else self.AREA
        entries = [{"deliveryStart": self.z(start), "deliveryEnd": self.z(end),
                    "entryPerArea": {key: self.price(start, 1e3)}}
                   for start, end in self.day(day)]
        if self.fault == "dup":
            entries += [{**entry, "entryPerArea": {key: 1.0, "FI": 2.0}} for entry in entries[:9]]
            entries += entries[:9]
        state = "Preliminary" if self.fault == "prelim" else "Final"
        return 200, json.dumps({
            "deliveryDateCET": query["date"], "version": 3, "deliveryAreas": [self.AREA],
            "market": "DayAhead", "currency": self.currency, "exchangeRate": 11.02,
            "areaStates": [{"state": state, "areas": [key]}], "multiAreaEntries": entries})


class Entsoe(Fake):
    name, zone, is_open, budget = "entsoe", "Europe/Brussels", False, 150
    TOKEN = "5f4dcc3b-5aa7-65d6-1d83-27deb882cf99"
    EIC = "10Y1001A1001A82H"
    SPACE = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"

    def settings(self):
        return {"prices.provider": "entsoe", "prices.area": "DE-LU", "prices.token": self.TOKEN,
                "prices.url": f"http://127.0.0.1:{self.port}"}

    def micros(self, at):
        """often the same for some quarters, which A03 leaves out"""
        return super().micros(at - at % (HOUR_S // 2))

    def points(self, slots, extra):
        shown, last = [], None
        for position, (start, _) in enumerate(slots, 1):
            micros = self.micros(start) + extra
            if micros != last:
                amount = "" if self.fault == "noprice" else \
                    f"<price.amount>{micros / 1e3:.2f}</price.amount>"
                shown.append(f"<Point><position>{position}</position>{amount}</Point>")
            last = micros
        return "".join(shown)

    def series(self, slots, sequence, extra=0, minutes=15):
        slots = [slot for slot in slots if slot[0] % (minutes * 60) == 0]
        form = "%Y-%m-%dT%H:%MZ"
        return f"""<TimeSeries><mRID>{sequence}</mRID><auction.type>A01</auction.type>
<businessType>A62</businessType><in_Domain.mRID codingScheme="A01">{self.EIC}</in_Domain.mRID>
<contract_MarketAgreement.type>A01</contract_MarketAgreement.type>
<currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>
<classificationSequence_AttributeInstanceComponent.position>{sequence}\
</classificationSequence_AttributeInstanceComponent.position>
<curveType>A03</curveType><Period><timeInterval><start>{self.z(slots[0][0], form)}</start>
<end>{self.z(slots[-1][0] + minutes * 60, form)}</end></timeInterval>
<resolution>PT{minutes}M</resolution>{self.points(slots, extra)}</Period></TimeSeries>"""

    def acknowledge(self, code, text):
        return (f'<?xml version="1.0"?><Acknowledgement_MarketDocument xmlns="{self.SPACE}">'
                f"<Reason><code>{code}</code><text>{text}</text></Reason>"
                "</Acknowledgement_MarketDocument>")

    def answer(self, path, query, headers, body):
        if query["securityToken"] != self.TOKEN:
            return self.token()
        if query["documentType"] != "A44" or query["in_Domain"] != query["out_Domain"]:
            return 400, self.acknowledge(999, "bad parameter")
        if query["in_Domain"] != self.EIC or self.fault == "elsewhere":
            return 400, self.acknowledge(999, "Invalid value for in_Domain")
        start, end = (int(datetime.strptime(query[name], "%Y%m%d%H%M").replace(
            tzinfo=timezone.utc).timestamp()) for name in ("periodStart", "periodEnd"))
        slots = self.days_between(start, end)
        if not slots or self.fault == "empty":
            status = 200 if self.fault == "empty" else 400  # it has done both
            return status, self.acknowledge(999, "No matching data found for A44 &amp; 1 zone")
        all_series = [] if self.fault == "prelim" else [self.series(slots, 1)]
        if self.fault in ("dup", "prelim"):
            all_series.append(self.series(slots, 2, 5000))
        if self.fault == "dup":
            all_series.append(self.series(slots, 1, 9000, 60))
            all_series.append(self.series(slots, 1).replace("MWH", "KWT"))
        return 200, (f'<?xml version="1.0" encoding="UTF-8"?>\n<Publication_MarketDocument '
                     f'xmlns="{self.SPACE}"><mRID>1</mRID><type>A44</type>'
                     f"<period.timeInterval><start>1999-01-01T00:00Z</start>"
                     f"<end>1999-01-02T00:00Z</end></period.timeInterval>"
                     f"{''.join(all_series)}</Publication_MarketDocument>")

    def errors(self):
        return 200, self.acknowledge(999, "The platform is in maintenance")

    def token(self):
        return 401, HTML


class EnergyZero(Fake):
    name, zone = "energyzero", "Europe/Amsterdam"

    def rows(self, day, add=0):
        rows = []
        for start, end in self.day(day):
            value = self.price(start, 1e6)
            rows.append({"start": self.z(start), "end": self.z(end), "price": {
                "value": None if value is None else f"{value + add:.6f}"}})
        return rows

    def answer(self, path, query, headers, body):
        assert query["interval"] == "INTERVAL_QUARTER"
        day = datetime.strptime(query["date"], "%d-%m-%Y").date()
        if path != "/public/v1/prices" or not self.is_out(day):
            return not_found()
        rows = [] if self.fault == "empty" else self.rows(day)
        after = day + timedelta(days=1)
        if rows and self.is_out(after):  # more than what was asked for
            rows += self.rows(after)
        if self.fault == "dup":
            rows = rows[:9] + rows
        if self.fault == "elsewhere":
            rows = self.rows(day - timedelta(days=7))
        return 200, json.dumps({"interval": 1, "base": self.rows(day, 1), "base_with_vat": [],
                                "all_in": [], "all_in_with_vat": rows})


class Awattar(Fake):
    name, zone, minutes = "awattar", "Europe/Berlin", 60

    def answer(self, path, query, headers, body):
        if path != "/v1/marketdata":
            return not_found()
        slots = self.days_between(int(query["start"]) // 1000, int(query["end"]) // 1000)
        if self.fault == "elsewhere":
            slots = [(start - 7 * 86400, end - 7 * 86400) for start, end in slots]
        data = [{"start_timestamp": self.shown(start) * 1000,
                 "end_timestamp": self.shown(end) * 1000,
                 "marketprice": self.price(start, 1e3), "unit": "Eur/MWh"}
                for start, end in slots if self.fault != "empty"]
        if self.fault == "dup":
            data += data[:3]
        return 200, json.dumps({"object": "list", "data": data, "url": "/de/v1/marketdata"})


class EnergiDataService(Fake):
    name, zone, currency = "energidataservice", "Europe/Copenhagen", "DKK"

    def answer(self, path, query, headers, body):
        area, = json.loads(query["filter"])["PriceArea"]
        if path != "/dataset/DayAheadPrices" or query["limit"] != "0" or area != "DK1":
            return 400, json.dumps({"message": "what?"})
        start, end = (self.midnight(date.fromisoformat(query[name])) for name in ("start", "end"))
        records = []
        for at, _ in self.days_between(start, end) if self.fault != "empty" else []:
            local = utc(at).astimezone(zoneinfo.ZoneInfo(self.zone))
            records.append({"TimeUTC": self.z(at, "%Y-%m-%dT%H:%M:%S"),
                            "TimeDK": local.strftime("%Y-%m-%dT%H:%M:%S"),
                            "PriceArea": "SE4" if self.fault == "elsewhere" else area,
                            "DayAheadPriceEUR": 1.0, "DayAheadPriceDKK": self.price(at, 1e3)})
        if self.fault == "dup":
            records += records[:9] + [{**record, "PriceArea": "DK2", "DayAheadPriceDKK": 9.0}
                                      for record in records]
        return 200, json.dumps({"total": len(records), "dataset": "DayAheadPrices",
                                "records": records[::-1]})


class Octopus(Fake):
    name, zone, minutes, published, currency = "octopus", "Europe/London", 30, 16 * 60, "GBP"
    PRODUCT = "AGILE-24-10-01"
    HOUR_BEFORE = HOUR_S  # its days end at 23:00

    def settings(self):
        return {**super().settings(), "prices.area": "C", "prices.product": self.PRODUCT}

    def days_between(self, start, end):
        zone = zoneinfo.ZoneInfo(self.zone)
        slots = []
        first = datetime.fromtimestamp(start, zone).date()
        for i in range(3):
            day = first + timedelta(days=i)
            if not self.is_out(day):
                continue
            eve = day - timedelta(days=1)
            begin = int(datetime(eve.year, eve.month, eve.day, 23, tzinfo=zone).timestamp())
            stop = int(datetime(day.year, day.month, day.day, 23, tzinfo=zone).timestamp())
            slots += [(at, at + 1800) for at in range(begin, stop, 1800) if start <= at < end]
        return slots

    def known(self, day):
        after = day + timedelta(days=1)
        return [[start, end, self.micros(start)] for start, end in
                self.days_between(self.midnight(day), self.midnight(after))]

    def answer(self, path, query, headers, body):
        if path != (f"/v1/products/{self.PRODUCT}/electricity-tariffs/E-1R-{self.PRODUCT}-C"
                    "/standard-unit-rates/"):
            return 404, "{\"detail\":\"Not found.\"}"
        start, end = (int(datetime.fromisoformat(query[name].replace("Z", "+00:00")).timestamp())
                      for name in ("period_from", "period_to"))
        slots = [] if self.fault == "empty" else self.days_between(start, end)
        if self.fault == "elsewhere":
            slots = [(at - 7 * 86400, stop - 7 * 86400) for at, stop in slots]
        results = []
        for at, stop in slots:
            price = self.price(at, 1e4)
            results.append({"value_exc_vat": 1.0, "value_inc_vat": price, "valid_from": self.z(at),
                            "valid_to": self.z(stop), "payment_method": None})
        if self.fault == "dup":
            for result in list(results):
                result["payment_method"] = "DIRECT_DEBIT"
                results.append({**result, "payment_method": "NON_DIRECT_DEBIT",
                                "value_inc_vat": 99.0})
        return 200, json.dumps({"count": len(results), "next": None, "previous": None,
                                "results": results[::-1]})


class EnergyCharts(Fake):
    name, zone = "energycharts", "Europe/Brussels"

    def answer(self, path, query, headers, body):
        if path != "/price" or query["bzn"] != "DE-LU" or query["start"] != query["end"]:
            return not_found()
        start = self.midnight(date.fromisoformat(query["start"]))
        end = self.midnight(date.fromisoformat(query["end"]) + timedelta(days=1))
        slots = self.days_between(start, end) if self.fault != "empty" else []
        if self.fault == "elsewhere":
            slots = [(at - 7 * 86400, stop - 7 * 86400) for at, stop in slots]
        if self.fault == "dup":
            slots = slots + slots[:9]
        return 200, json.dumps({"unix_seconds": [self.shown(at) for at, _ in slots],
                                "price": [self.price(at, 1e3) for at, _ in slots],
                                "unit": "EUR / MWh", "deprecated": False})


class ElprisetJustNu(Fake):
    name, zone, currency = "elprisetjustnu", "Europe/Stockholm", "SEK"

    def answer(self, path, query, headers, body):
        stem = path.removeprefix("/api/v1/prices/")
        day = datetime.strptime(stem.removesuffix("_SE3.json"), "%Y/%m-%d").date()
        if not self.is_out(day):
            return 404, HTML
        zone = zoneinfo.ZoneInfo(self.zone)
        if self.fault == "elsewhere":
            day -= timedelta(days=7)
        rows = [{"SEK_per_kWh": self.price(start, 1e6), "EUR_per_kWh": 0.036, "EXR": 11.4,
                 "time_start": utc(self.shown(start)).astimezone(zone).isoformat(),
                 "time_end": utc(self.shown(end)).astimezone(zone).isoformat()}
                for start, end in self.day(day) if self.fault != "empty"]
        return 200, json.dumps(rows[:9] + rows if self.fault == "dup" else rows)


class Elering(Fake):
    name, zone, published = "elering", "Europe/Brussels", 14 * 60

    def answer(self, path, query, headers, body):
        if path != "/api/nps/price":
            return not_found()
        start, end = (int(datetime.fromisoformat(query[name].replace("Z", "+00:00")).timestamp())
                      for name in ("start", "end"))
        slots = self.days_between(start, end + 1) if self.fault != "empty" else []
        if self.fault == "elsewhere":
            slots = [(at - 7 * 86400, stop - 7 * 86400) for at, stop in slots]
        if self.fault == "dup":
            slots = slots + slots[:9]
        rows = [{"timestamp": self.shown(at), "price": self.price(at, 1e3)} for at, _ in slots]
        return 200, json.dumps({"success": True, "data": {"ee": rows, "fi": []}})


FAKES = [Tibber, NordPool, Entsoe, EnergyZero, Awattar, EnergiDataService, Octopus, EnergyCharts,
         ElprisetJustNu, Elering]


def make(name):
    """a fake that listens"""
    fake = next(kind for kind in FAKES if kind.name == name)()
    fake.listen()
    return fake


def make_tls(folder):
    """(context of a server at 127.0.0.1, file to trust): a certificate that it signed itself"""
    own, key = os.path.join(folder, "own.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", own, "-days", "2",
                    "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    return context, own


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    tls = None

    def finish_request(self, request, client_address):
        """in the thread of the connection: a handshake may take its time"""
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        # a peer may go when it wants to, before it believes us or after
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


def make_handler(fake):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body=b""):
            if self.path == "/count":
                self.send(200, json.dumps({"count": len(fake.requests)}), {})
                return
            if fake.fault == "slow":
                fake.requests.append((fake.now(), self.path, dict(self.headers)))
                time.sleep(3)
                self.close_connection = True
                return
            status, text, *headers = fake.reply(self.path, self.headers, body)
            if fake.fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           b"\x01\x00\x00\x00\x00\x00\x00\x00")
                self.connection.close()
                self.close_connection = True
                raise ConnectionResetError
            self.send(status, text, headers[0] if headers else {})

        def send(self, status, text, headers):
            data = text if isinstance(text, bytes) else text.encode()
            headers = dict(headers)
            tag = f'"{hash(text) & 0xffffffff:x}"'
            if fake.fault == "none" and self.headers.get("If-None-Match") == tag:
                status, data = 304, b""
            if data and "Content-Encoding" not in headers and \
                    "gzip" in self.headers.get("Accept-Encoding", ""):
                data, headers["Content-Encoding"] = gzip.compress(data, 1), "gzip"
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "ETag": tag,
                                **headers}.items():
                self.send_header(name, value)
            cut = fake.fault == "cut" and data
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[:len(data) // 2] if cut else data)
            self.close_connection = bool(cut)

        def do_GET(self):
            self.answer()

        def do_POST(self):
            self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def log_message(self, *arguments):
            pass

    return Handler


def steer(fake, line):
    word, _, value = line.strip().partition(" ")
    if word == "clock":
        fake.set_clock(float(value))
    elif word == "rate":
        fake.set_clock(fake.now(), float(value))
    elif word == "fault":
        fake.fault = value
    elif word == "minutes":
        fake.minutes = int(value)
    elif word == "cut":
        fake.cut()
    elif word == "mend":
        fake.listen()
    print("OK", flush=True)


def main():
    fake = make(sys.argv[1])
    fake.set_clock(time.time(), 1.0)
    print("PORT", fake.port, flush=True)
    for line in sys.stdin:
        steer(fake, line)


if __name__ == "__main__":
    main()
