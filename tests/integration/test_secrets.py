#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets set over the API: where they are kept, and that they come back."""

import json
import os
import stat
import sys

from harness import SRCDIR, Home, Process, check, check_equal, run, wait_for

FETCH_S = 10
MASK = "********"
TOKEN = "s3cret-token"


def start_service(home):
    service = home._add(Process(home, "secret-service", [
        sys.executable, "-B", os.path.join(SRCDIR, "tests", "fakes", "secret-service.py"),
        os.path.join(home.directory, "kept.json")]))
    service.wait_log("^ready$")
    return service


def read_kept(home):
    with open(os.path.join(home.directory, "kept.json"), encoding="utf-8") as file:
        return [value for _, value in json.load(file)]


def read_file(home):
    path = os.path.join(home.state_dir, "secrets")
    check_equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def set_token(home, value):
    home.patch("/api/v1/settings", {"tibber": {"access_token": value}})


def get_token(home):
    return home.get("/api/v1/settings")["tibber"]["access_token"]


def restart(home):
    home.daemon.end()
    home.start_daemon()


def uses_libsecret(home):
    with open(f"/proc/{home.daemon.pid}/maps", encoding="ascii") as maps:
        return "libsecret" in maps.read()


def test_secret_service_keeps_them():
    with Home(sim=False, daemon=False) as home:
        start_service(home)
        home.start_daemon()
        check(not uses_libsecret(home), "libsecret is loaded before it is used")
        set_token(home, TOKEN)
        check_equal(read_kept(home), [TOKEN], "secrets of the service")
        check_equal(read_file(home), {"tibber.access_token": None}, "the file")
        restart(home)
        wait_for(lambda: get_token(home) == MASK, FETCH_S, "the secret after a restart")
        set_token(home, None)
        check_equal(read_kept(home), [], "secrets of the service after removal")
        check_equal(read_file(home), {}, "the file after removal")
        check_equal(get_token(home), "", "the setting after removal")


def test_file_keeps_them_where_no_service_is():
    with Home(sim=False) as home:
        set_token(home, TOKEN)
        check_equal(read_file(home), {"tibber.access_token": TOKEN}, "the file")
        check(not uses_libsecret(home), "libsecret is loaded for nothing")
        restart(home)
        check_equal(get_token(home), MASK, "the setting after a restart")


def test_lost_service_loses_nothing():
    with Home(sim=False, daemon=False) as home:
        service = start_service(home)
        home.start_daemon()
        set_token(home, TOKEN)
        home.daemon.end()
        service.kill()
        home.start_daemon()
        home.daemon.wait_log("a secret is missing")
        check_equal(get_token(home), "", "a secret that nobody has")
        home.patch("/api/v1/settings", {"timezone": "UTC"})
        check_equal(read_file(home), {"tibber.access_token": None}, "the file still knows of it")
        start_service(home)
        restart(home)
        wait_for(lambda: get_token(home) == MASK, FETCH_S, "the secret when the service is back")


run([test_secret_service_keeps_them, test_file_keeps_them_where_no_service_is,
     test_lost_service_loses_nothing])
