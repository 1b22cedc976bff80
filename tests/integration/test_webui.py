#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser against the real daemon; what happens there: tests/webui/checks.mjs.

--screenshots FOLDER writes a picture of every screen instead.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from harness import BUILDDIR, SRCDIR, Home, Skip, check, end_with_parent, run, wait_for
from lived_home import LivedHome

WEBUI = os.path.join(SRCDIR, "webui")
WORK = os.path.join(BUILDDIR, "webui")  # where the build has its modules


CHROMIUM = os.environ.get("PHAETON_CHROMIUM", "/usr/bin/chromium")


def need_modules():
    if not os.path.exists(os.path.join(WORK, "installed")) or shutil.which("node") is None:
        raise Skip("the page was not built: -Dwebui=enabled")


class Browser:
    """the node program that drives Chromium; one for all checks"""

    def __init__(self):
        self.popen = None

    def start(self):
        if self.popen is None:
            self.popen = subprocess.Popen(
                ["node", os.path.join(SRCDIR, "tests", "webui", "run.mjs")], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=end_with_parent,
                env=dict(os.environ, PHAETON_BUILDDIR=BUILDDIR, PHAETON_CHROMIUM=CHROMIUM))

    def check(self, home, name, **options):
        self.start()
        url = f"http://{home.daemon.host}:{home.daemon.port}"
        begun = time.monotonic()
        self._send({"check": name, "url": url, **options})
        while True:
            answer = json.loads(self.popen.stdout.readline())
            if "ask" not in answer:
                break
            self._send(self._do(home, answer["ask"]))
        for note in [f"{name}: {time.monotonic() - begun:.1f} s", *answer["notes"]]:
            print("# " + note, flush=True)
        check(answer["error"] is None, answer["error"])

    def _send(self, message):
        self.popen.stdin.write(json.dumps(message) + "\n")
        self.popen.stdin.flush()

    @staticmethod
    def _do(home, words):
        try:
            if words[0] == "sim":
                return {"value": home.sim.command(words[1])}
            if words[0] == "end-daemon":
                port = home.daemon.port
                home.daemon.end()
                with open(home.config_path, encoding="utf-8") as file:
                    text = file.read()
                home.write_config(re.sub(r"(web:\n.*\n  port: )\d+", rf"\g<1>{port}", text))
            elif words[0] in ("freeze-daemon", "thaw-daemon"):
                os.kill(home.daemon.popen.pid,
                        signal.SIGSTOP if words[0] == "freeze-daemon" else signal.SIGCONT)
            elif words[0] == "start-daemon":
                home.start_daemon()
            elif words[0] == "end-sim":
                home.sim.kill()
            elif words[0] == "start-sim":
                home.start_sim()
            return {"value": None}
        except (OSError, ValueError, AssertionError) as error:
            return {"error": str(error)}

    def end(self):
        if self.popen is not None:
            self.popen.stdin.close()
            self.popen.wait(20)


class SharedHome:
    """a usual home for all checks that leave it as they found it"""

    def __init__(self):
        self.home = None

    def start(self):
        if self.home is None:
            self.home = Home().__enter__()
        return self.home

    def end(self):
        if self.home is not None:
            self.home.__exit__(None, None, None)


BROWSER = Browser()
SHARED = SharedHome()


def end_shared():
    try:
        BROWSER.end()
    finally:
        SHARED.end()


def charge(home):
    home.sim.command("plug")
    for path, body in (("/api/mode", {"mode": 0}), ("/api/startstop", {"value": 1}),
                       ("/api/set_current", {"amps": 16})):
        check(home.request("POST", path, body)[0] == 200, path)
    wait_for(lambda: home.status()["status"] == 2, 30, "the car charges")


def need_browser():
    need_modules()
    if not os.path.exists(CHROMIUM):
        raise Skip(f"there is no {CHROMIUM}")


def check_all(home, names):
    charge(home)
    for name in names:
        BROWSER.check(home, name)


def in_browser(*names):
    need_browser()
    check_all(SHARED.start(), names)


def in_own_home(*names, kind=Home, **house):
    need_browser()
    with kind(**house) as home:
        check_all(home, names)


def test_steer_plan_explain():
    in_browser("steers", "plans", "departs", "explains", "listsSessions")


def test_link():
    in_browser("twoInStep", "reconnects")


def test_fix_61_page():
    """fix-61: true range, reverted when refused, nothing from outside, quiet in hidden tabs, names"""
    in_browser("fix61", "fix61Names")


def test_budgets():
    in_browser("loadsQuickly", "holdsItsMemory")


def test_settings():
    in_own_home("savesSettings", "savesLists", "seesConflicts", "importsSettings", "addsChargers",
                "setsForAllChargers", sim_arguments=["--sockets=2"])


def test_access_and_system():
    in_own_home("managesAccess", "showsSystem")


def test_first_run():
    """from no settings at all to a car that charges"""
    need_browser()
    with Home(config=None) as home:
        home.sim.command("plug")
        check(home.get("/api/v1/site")["chargers"] == [], "no charger is made up")
        BROWSER.check(home, "setsUpFromNothing", ip="127.0.0.1", port=home.sim.port)
        with open(home.config_path, encoding="utf-8") as file:
            check("modbus:" in file.read(), "saved where the daemon looks for it")


def test_first_run_without_victron():
    """no bus at all: the daemon goes on when the first charger is there"""
    need_browser()
    with Home(config=None, victron=False,
              environment={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}) as home:
        home.sim.command("plug")
        BROWSER.check(home, "setsUpWithoutVictron", ip="127.0.0.1", port=home.sim.port)


def test_first_password():
    need_browser()
    with Home() as home:
        code = json.loads(home.ctl("--json", "setup").stdout)["code"]
        BROWSER.check(home, "setsFirstPassword", code=code)


def test_accessible():
    in_own_home("marksPrices", "accessible", kind=LivedHome)


def test_accessible_settings():
    in_browser("accessibleSettings")


def test_docs_show_the_api():
    in_browser("showsApi")


def test_languages():
    in_browser("speaks")


def test_source():
    """types, and no text that a language lacks"""
    need_modules()
    for command in (["node", "tools/make-types.mjs"],
                    ["node", "node_modules/svelte-check/bin/svelte-check", "--tsconfig",
                     "./tsconfig.json", "--fail-on-warnings", "--output", "human"],
                    ["node", "tools/check-texts.mjs"]):
        done = subprocess.run(command, cwd=WORK, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=dict(os.environ, PHAETON_SRCDIR=SRCDIR))
        check(done.returncode == 0, f"{command[1]}:\n{done.stdout[-4000:]}")


def write_screenshots(folder):
    with LivedHome() as home:
        BROWSER.check(home, "screenshots", folder=os.path.abspath(folder))
    with Home(config=None) as home:
        BROWSER.check(home, "screenshotsOfSetup", folder=os.path.abspath(folder), ip="127.0.0.1",
                      port=home.sim.port)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--screenshots"]:
        try:
            write_screenshots(sys.argv[2])
        finally:
            BROWSER.end()
    else:
        # a group is a process with a browser; the budgets end the longer one, to be alone
        run([[test_accessible, test_settings, test_access_and_system, test_first_run,
              test_first_run_without_victron, test_first_password],
             [test_source, test_steer_plan_explain, test_link, test_fix_61_page,
              test_accessible_settings, test_languages, test_docs_show_the_api, test_budgets]],
            at_once=2, at_end=end_shared)
