# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole house for integration tests: bus, simulated home and daemon, as real processes.

    def test_something():
        with Home() as home:
            home.sim.command("plug")
            wait_for(lambda: home.status()["status"] == 2, 10, "the car charges")

    run([test_something])

Everything listens on private sockets and free ports below one temporary directory. Wait for a
condition with a deadline, never for a time. Each process is ended by its pid; what a sanitizer
found in any of them fails the test.
"""

import contextlib
import ctypes
import glob
import http.client
import inspect
import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from gi.repository import Gio, GLib

SRCDIR = os.environ.get(
    "PHAETON_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILDDIR = os.environ.get("PHAETON_BUILDDIR", os.path.join(SRCDIR, "build"))
LONG = os.environ.get("PHAETON_TEST_LONG") == "1"  # the full figures instead of a sample

BUS_ITEM = "com.victronenergy.BusItem"
START_TIMEOUT_S = 20  # of a program under sanitizers on a busy machine
LOG_LINES_SHOWN = 60
PR_SET_PDEATHSIG = 1

CONFIG = """\
modbus:
  ip: 127.0.0.1
  port: {port}
device_instance: 0
require_dbus: true
timezone: Europe/Berlin
web:
  host: 127.0.0.1
  port: 0
logging:
  level: DEBUG
  file: {directory}/phaeton.log
"""


class Skip(Exception):
    """raised by a test that cannot run here; in CI a skipped test is a failed one"""


def program(name):
    return os.path.join(BUILDDIR, "src", name)


def wait_for(condition, deadline_s, what):
    """Answers the first true value of condition(). Its exceptions count as not yet."""
    end = time.monotonic() + deadline_s
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (OSError, http.client.HTTPException, GLib.Error, KeyError, TypeError,
                ValueError) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what} (last: {last!r})")
        time.sleep(0.03)


def make_random(name):
    """A random generator whose seed is printed and can be given by PHAETON_TEST_SEED."""
    seed = int(os.environ.get("PHAETON_TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"# {name}: PHAETON_TEST_SEED={seed}", flush=True)
    return random.Random(seed)


def check(condition, message):
    """like assert, but python -O does not remove it"""
    if not condition:
        raise AssertionError(message)


def check_equal(actual, expected, what):
    check(actual == expected, f"{what}: {actual!r}, expected {expected!r}")


def end_with_parent():
    """in the child: whoever kills the test ends its processes too"""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One program of the house; its output goes to files that a failed test shows."""

    def __init__(self, home, name, arguments, **environment):
        self.name = name
        self.log_path = os.path.join(home.directory, name + ".out")
        self.started_at = time.monotonic()
        self._log_start = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                cwd=home.directory, env=home.make_environment(environment),
                preexec_fn=end_with_parent)

    @property
    def pid(self):
        return self.popen.pid

    def log(self):
        """what it wrote since its start"""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            log.seek(self._log_start)
            return log.read()

    def wait_log(self, pattern, deadline_s=START_TIMEOUT_S):
        """Answers the match of the first line that fits."""
        def find():
            match = re.search(pattern, self.log(), re.MULTILINE)
            if match is None and self.popen.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.popen.returncode} "
                                   f"before it said {pattern!r}")
            return match
        return wait_for(find, deadline_s, f"{self.name} says {pattern!r}")

    def signal(self, number):
        self.popen.send_signal(number)

    def stop(self):
        """freezes it, as if the machine hung"""
        self.signal(signal.SIGSTOP)

    def cont(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait()
        self.popen.stdin.close()

    def is_running(self):
        return self.popen.poll() is None

    def end(self, timeout_s=10):
        """Asks it to end and answers its exit status; a process that does not is killed."""
        if self.is_running():
            self.cont()
            self.signal(signal.SIGTERM)
        with contextlib.suppress(OSError):
            self.popen.stdin.close()
        try:
            return self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"{self.name} did not end within {timeout_s} s") from None


class Simulator(Process):
    """phaeton-sim and the unix socket by which tests steer it."""

    def __init__(self, home, port=0, arguments=()):
        self.control_path = os.path.join(home.directory, "sim.sock")
        super().__init__(home, "phaeton-sim",
                         [program("phaeton-sim"), "--port", str(port), "--control",
                          self.control_path, "--memory", os.path.join(home.directory, "sim.memory"),
                          "--watch-stdin", *arguments])
        self.port = int(self.wait_log(r"^PORT (\d+)$")[1])
        self.wait_log(r"^READY$")

    def command(self, line, timeout_s=5):
        """Sends one line and answers the JSON behind "ok", if any; a refused command raises."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(timeout_s)
            control.connect(self.control_path)
            control.sendall(line.encode() + b"\n")
            reply = control.makefile(encoding="utf-8").readline()
        word, _, rest = reply.strip().partition(" ")
        if word != "ok":
            raise ValueError(f"simulator refused {line!r}: {rest}")
        return json.loads(rest) if rest else None

    def socket_state(self, station=0, number=0):
        """what is true at one socket: "setpoint_a", "meter", "car" ..."""
        return self.command("dump")["stations"][station]["sockets"][number]


class Daemon(Process):
    """The daemon under test; the web server's port is read from its log."""

    def __init__(self, home, arguments=(), **environment):
        self.socket_path = os.path.join(home.state_dir, "phaeton.sock")
        super().__init__(home, "phaeton",
                         [program("phaeton"), *home.config_arguments(), "--state-dir",
                          home.state_dir, *arguments], **environment)
        self.host = self.port = None

    def wait_listening(self):
        match = self.wait_log(r"Web server listening at http://([^:/\s]+):(\d+)")
        self.host, self.port = match[1], int(match[2])


class Home:
    """
    config: text of the settings file; {port} and {directory} are filled in. None: there is no
        file, and the daemon looks for one where it runs
    sim, daemon: False leaves that one out; sim_arguments, daemon_arguments: what to add
    victron: the simulated home has a Victron system on the bus
    clock_rate: how many seconds of daemon and simulator pass in one of ours
    wall_at: seconds UTC that they begin with, beside a clock_rate
    """

    def __init__(self, config=CONFIG, sim=True, daemon=True, sim_arguments=(),
                 daemon_arguments=(), victron=True, clock_rate=None, wall_at=None,
                 environment=None):
        self.directory = tempfile.mkdtemp(prefix="phaeton-test-")
        self.state_dir = os.path.join(self.directory, "state")
        self.config_path = os.path.join(self.directory, "phaeton_config.yaml")
        self.bus_address = None
        self.bus = self.sim = self.daemon = None
        self._config = config
        self._wants = (sim, daemon)
        self._sim_arguments = [*sim_arguments, *(["--victron"] if victron else [])]
        self._daemon_arguments = list(daemon_arguments)
        self._environment = dict(environment or {})
        self._connection = None
        self._processes = []
        if clock_rate is not None:
            self._environment["PHAETON_CLOCK_RATE"] = str(clock_rate)
            self._environment["PHAETON_CLOCK_ORIGIN"] = \
                f"{time.monotonic_ns() // 1000}:{int(time.time()) if wall_at is None else wall_at}"

    # life

    def __enter__(self):
        try:
            os.mkdir(self.state_dir, 0o700)
            self.start_bus()
            if self._wants[0]:
                self.start_sim()
            if self._config is not None:
                self.write_config(self._config)
            if self._wants[1]:
                self.start_daemon()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, error, trace):
        problems = []
        if self._connection is not None:
            self._connection.set_exit_on_close(False)
        for process in reversed(self._processes):
            was_running = process.is_running()
            try:
                status = process.end()
            except AssertionError as late:
                problems.append(str(late))
                continue
            if process is self.daemon and was_running and status != 0:
                problems.append(f"the daemon ended with {status}")
        problems += self._read_sanitizers()
        if kind is not None or problems:
            self._show_logs()
        shutil.rmtree(self.directory, ignore_errors=True)
        if kind is None and problems:
            raise AssertionError("; ".join(problems))
        for problem in problems:
            print_diagnostic(problem)

    def start_bus(self):
        address = "unix:path=" + os.path.join(self.directory, "bus.sock")
        self.bus = self._add(Process(self, "dbus-daemon", [
            "dbus-daemon", "--nofork", "--nopidfile", "--print-address=1",
            "--config-file=" + os.path.join(SRCDIR, "scripts", "private-bus.conf"),
            "--address=" + address]))
        self.bus_address = self.bus.wait_log(r"^(unix:\S+)$")[1]
        self._connection = None

    def start_sim(self):
        """on the port that it had before"""
        self.sim = self._add(
            Simulator(self, self.sim.port if self.sim else 0, self._sim_arguments))

    def start_daemon(self, **environment):
        self.daemon = self._add(Daemon(self, self._daemon_arguments, **environment))
        self.daemon.wait_listening()

    def restart_sim(self):
        self.sim.kill()
        self.start_sim()

    def _add(self, process):
        self._processes.append(process)
        return process

    def make_environment(self, extra):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("PHAETON_", "DBUS_", "ALFEN_"))}
        options = "log_path=" + os.path.join(self.directory, "sanitizer")
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            environment[name] = ":".join(filter(None, [os.environ.get(name), options]))
        environment.update(HOME=self.directory, XDG_STATE_HOME=self.directory, LC_ALL="C.UTF-8",
                           G_DEBUG="fatal-criticals")
        if self.bus_address is not None:
            environment["DBUS_SESSION_BUS_ADDRESS"] = self.bus_address
        if self._config is None:
            environment["PHAETON_WEB__PORT"] = "0"
        environment.update(self._environment)
        environment.update(extra)
        return environment

    def config_arguments(self):
        return [] if self._config is None else ["--config", self.config_path]

    def write_config(self, text):
        """replaces the settings file in one step, as editors do"""
        port = self.sim.port if self.sim else 1
        text = text.replace("{port}", str(port)).replace("{directory}", self.directory)
        with open(self.config_path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.config_path + ".new", self.config_path)

    def _read_sanitizers(self):
        reports = []
        for path in sorted(glob.glob(os.path.join(self.directory, "sanitizer.*"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            if text.strip():
                print_diagnostic(text)
                reports.append("a sanitizer reported: " + text.strip().splitlines()[0])
        return reports

    def _show_logs(self):
        for name in ("phaeton", "phaeton-sim", "dbus-daemon"):
            path = os.path.join(self.directory, name + ".out")
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = file.read().splitlines()[-LOG_LINES_SHOWN:]
                print_diagnostic(f"--- {name}, last {len(lines)} lines ---", *lines)

    # the web face

    def request(self, method, path, body=None, timeout_s=5, headers=None):
        """Answers (status, headers, body as bytes)."""
        connection = http.client.HTTPConnection(self.daemon.host, self.daemon.port,
                                                timeout=timeout_s)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def _json(self, method, path, body=None, timeout_s=5):
        status, _, text = self.request(method, path, body, timeout_s)
        check(status == 200, f"{method} {path}: {status} {text[:300]!r}")
        return json.loads(text)

    def get(self, path, timeout_s=5):
        return self._json("GET", path, timeout_s=timeout_s)

    def post(self, path, body):
        return self._json("POST", path, body)

    def patch(self, path, body):
        return self._json("PATCH", path, body)

    def status(self, timeout_s=5):
        return self.get("/api/status", timeout_s)

    # the command line

    def ctl(self, *arguments, timeout_s=10):
        """Runs phaetonctl; answers its CompletedProcess with text output."""
        return subprocess.run(
            [program("phaetonctl"), "--socket", self.daemon.socket_path, *arguments],
            capture_output=True, text=True, timeout=timeout_s, check=False,
            env=self.make_environment({}))

    # the Victron bus

    def connect(self):
        if self._connection is None or self._connection.is_closed():
            self._connection = Gio.DBusConnection.new_for_address_sync(
                self.bus_address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
            self._connection.set_exit_on_close(False)
        return self._connection

    def call(self, service, path, interface, method, parameters=None, timeout_s=5):
        answer = self.connect().call_sync(service, path, interface, method, parameters, None,
                                          Gio.DBusCallFlags.NO_AUTO_START, timeout_s * 1000, None)
        return answer.unpack()

    def services(self, prefix="com.victronenergy."):
        names = self.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "ListNames")[0]
        return sorted(name for name in names if name.startswith(prefix))

    def evcharger(self, deadline_s=START_TIMEOUT_S):
        """the name of the first charger on the bus, once it is there"""
        return wait_for(lambda: self.services("com.victronenergy.evcharger."), deadline_s,
                        "a charger on the bus")[0]

    def get_items(self, service=None):
        """{path: value}; an empty array on the bus, which means unknown, is None"""
        items = self.call(service or self.evcharger(), "/", BUS_ITEM, "GetItems")[0]
        return {path: None if item["Value"] == [] else item["Value"]
                for path, item in items.items()}

    def get_value(self, path, service=None):
        value = self.call(service or self.evcharger(), path, BUS_ITEM, "GetValue")[0]
        return None if value == [] else value

    def set_value(self, path, value, service=None):
        """value: a GLib.Variant. Answers the return code."""
        return self.call(service or self.evcharger(), path, BUS_ITEM, "SetValue",
                         GLib.Variant.new_tuple(GLib.Variant.new_variant(value)))[0]


class Watch:
    """
    Asks for /api/status all the time, each time with one second to answer, and holds each answer
    to check (status, before), which raises or answers. Use as a context; leaving it raises the
    first complaint.
    """

    def __init__(self, home, check_status, pause_s=0.05):
        self._home = home
        self._check = check_status
        self._pause_s = pause_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.complaints = []
        self.answers = 0
        self.slowest_s = 0.0

    def _run(self):
        before = None
        while not self._ended.wait(self._pause_s):
            begun = time.monotonic()
            try:
                status = self._home.status(timeout_s=1)
                self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                self._check(status, before)
                before = status
                self.answers += 1
            except Exception as error:  # whatever it is, the test shall say it
                self.complaints.append(f"after {self.answers} answers: {error!r}")
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._ended.set()
        self._thread.join(5)
        if kind is None:
            check(not self.complaints, "; ".join(self.complaints))
            check(self.answers > 0, "the watch never got an answer")


def print_diagnostic(*texts):
    for text in texts:
        for line in str(text).splitlines():
            print("#", line)
    sys.stdout.flush()


def is_sanitized():
    """the daemon is instrumented: several times slower, and memory is given back late"""
    with open(program("phaeton"), "rb") as file:
        return b"__asan_init" in file.read()


def measure_memory():
    """before a daemon whose memory is watched: what it frees is not kept for the sanitizer"""
    if is_sanitized():
        os.environ["ASAN_OPTIONS"] = (os.environ.get("ASAN_OPTIONS", "") +
                                      ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64")


def run_one(number, test):
    begun = time.monotonic()
    passed = True
    try:
        test()
        print(f"ok {number} - {test_name(test)}")
    except Skip as reason:
        print(f"ok {number} - {test_name(test)} # SKIP {reason}")
    except Exception:
        passed = False
        print_diagnostic(traceback.format_exc())
        print(f"not ok {number} - {test_name(test)}")
    print_diagnostic(f"{time.monotonic() - begun:.1f} s")
    return passed


def run_all(numbered, at_end):
    """Answers how many failed; AT_END is what closes the houses that tests share."""
    failed = sum(not run_one(number, test) for number, test in numbered)
    try:
        at_end()
    except Exception:
        failed += 1
        print_diagnostic(traceback.format_exc())
    return failed


class Fork:
    """Some tests in a process of their own; what they print is kept until their turn."""

    def __init__(self, numbered, at_end):
        self.numbered = numbered
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8")
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            end_with_parent()
            os.dup2(self.output.fileno(), 1)
            failed = run_all(numbered, at_end)
            sys.stdout.flush()
            os._exit(min(failed, 100))

    def show(self, status):
        """Prints what the tests printed; a process that died says so. Answers how many failed."""
        self.output.seek(0)
        printed = self.output.read()
        sys.stdout.write(printed)
        self.output.close()
        sys.stdout.flush()
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        print_diagnostic(f"its process died of signal {os.WTERMSIG(status)}")
        missing = [(number, test) for number, test in self.numbered
                   if f"ok {number} - " not in printed]
        for number, test in missing:
            print(f"not ok {number} - {test_name(test)}", flush=True)
        return max(1, len(missing))


def run_at_once(groups, limit, at_end):
    """Prints in the order of the tests, as TAP wants it. Answers how many failed."""
    waiting = list(groups)
    shown_next = []  # forks in their order
    ended = {}  # status by pid
    failed = 0
    while waiting or shown_next:
        while waiting and sum(fork.pid not in ended for fork in shown_next) < limit:
            shown_next.append(Fork(waiting.pop(0), at_end))
        pid, status = os.wait()
        ended[pid] = status
        while shown_next and shown_next[0].pid in ended:
            fork = shown_next.pop(0)
            failed += fork.show(ended.pop(fork.pid))
    return failed


def run(tests, at_once=1, at_end=lambda: None):
    """Runs test functions and prints TAP; ends the program with the exit status.

    Tests that mostly wait (for cars, timers, back-off) and share nothing may run several AT_ONCE,
    each in a process of its own; a list among TESTS is a group that shares something, and one
    process. AT_END closes what a process shared. Arguments of the command line choose tests by a
    part of their names."""
    wanted = sys.argv[1:]
    numbers = itertools.count(1)
    groups = []
    for group in tests:
        group = [test for test in (group if isinstance(group, list) else [group])
                 if not wanted or any(word in test_name(test) for word in wanted)]
        if group:
            groups.append([(next(numbers), test) for test in group])
    print(f"1..{sum(map(len, groups))}", flush=True)
    if at_once > 1:
        failed = run_at_once(groups, at_once, at_end)
    else:
        failed = run_all(list(itertools.chain.from_iterable(groups)), at_end)
    sys.exit(1 if failed else 0)


def test_name(test):
    """test_fix_6_keeps_session -> "fix-6-keeps-session"; the docstring's first line follows"""
    text = (inspect.getdoc(test) or "").split("\n")[0]
    name = test.__name__.removeprefix("test_").replace("_", "-")
    return f"{name}: {text}".replace("#", "") if text else name
