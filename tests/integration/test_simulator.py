#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated charger, checked by programs that know nothing of it: mbpoll and pymodbus."""

import glob
import os
import re
import socket
import struct
import subprocess
import sys
import time
import types

# Debian's pymodbus imports its serial client, whose libraries it only recommends
for missing in ("serial", "serial_asyncio"):
    sys.modules.setdefault(missing, types.SimpleNamespace(create_serial_connection=None))

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ConnectionException
from pymodbus.pdu import ExceptionResponse

from harness import SRCDIR, Home, Process, check, check_equal, make_random, program, run, wait_for

STATION, SOCKET = 200, 1


def sim_home(*arguments, **options):
    return Home(daemon=False, victron=False, sim_arguments=arguments, **options)


class Master:
    """a pymodbus client that ends with its block"""

    def __init__(self, home, port=None):
        self.client = ModbusTcpClient("127.0.0.1", port=port or home.sim.port, timeout=3,
                                      retries=0, retry_on_empty=False)

    def __enter__(self):
        check(self.client.connect(), "no connection")
        return self

    def __exit__(self, *ignored):
        self.client.close()

    def read(self, unit, address, count):
        answer = self.client.read_holding_registers(address, count, slave=unit)
        if isinstance(answer, ExceptionResponse):
            return answer.exception_code
        check(not answer.isError(), repr(answer))
        return answer.registers

    def read_float(self, unit, address):
        return struct.unpack(">f", struct.pack(">2H", *self.read(unit, address, 2)))[0]

    def read_double(self, unit, address):
        return struct.unpack(">d", struct.pack(">4H", *self.read(unit, address, 4)))[0]

    def read_text(self, unit, address, count):
        words = self.read(unit, address, count)
        return struct.pack(f">{count}H", *words).rstrip(b"\0").decode()

    def write(self, unit, address, *words):
        """answers 0 or the exception code"""
        answer = self.client.write_registers(address, list(words), slave=unit)
        return answer.exception_code if isinstance(answer, ExceptionResponse) else 0

    def write_float(self, unit, address, value):
        return self.write(unit, address, *struct.unpack(">2H", struct.pack(">f", value)))

    def is_served(self):
        try:
            return not self.client.read_holding_registers(1200, 1, slave=SOCKET).isError()
        except (ConnectionException, OSError):
            return False


def socket_of(home):
    return home.sim.command("dump")["stations"][0]["sockets"][0]


def mbpoll(home, unit, address, kind, *values, count=1):
    """Answers the values that mbpoll prints, or its complaint."""
    what = ["--", *map(str, values)] if values else ["-1", "-c", str(count)]
    done = subprocess.run(
        ["mbpoll", "-m", "tcp", "-a", str(unit), "-0", "-r", str(address), "-B", "-t", kind, "-p",
         str(home.sim.port), "127.0.0.1", *what],
        capture_output=True, text=True, timeout=10, check=False)
    found = re.findall(r"^\[\d+\]:\s+(\S+)", done.stdout, re.MULTILINE)
    return [float(value) for value in found] if done.returncode == 0 else done.stderr


def raw_request(transaction, unit, function, *words):
    pdu = struct.pack(f">B{len(words)}H", function, *words)
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def test_mbpoll_reads_what_the_document_says():
    with sim_home() as home:
        check_equal(mbpoll(home, STATION, 1100, "4:float"), [16.0], "station maximum")
        check_equal(mbpoll(home, STATION, 1105, "4"), [1.0], "sockets")
        check_equal(mbpoll(home, STATION, 122, "4"), [1.0], "version of the map")
        volts = mbpoll(home, SOCKET, 306, "4:float", count=3)
        check(len(volts) == 3 and all(225 < value < 235 for value in volts), repr(volts))
        check_equal(mbpoll(home, SOCKET, 1212, "4:float"), [6.0], "safe current")
        check("Illegal data address" in mbpoll(home, SOCKET, 999, "4"), "a hole was read")


def test_mbpoll_writes_the_setpoint():
    with sim_home() as home:
        mbpoll(home, SOCKET, 1210, "4:float", 7.5)
        check_equal(mbpoll(home, SOCKET, 1210, "4:float"), [7.5], "set-point")
        check_equal(mbpoll(home, SOCKET, 1214, "4"), [1.0], "accounted for")
        check_equal(socket_of(home)["setpoint_a"], 7.5, "set-point in the plant")


def test_pymodbus_identity_and_measurements():
    with sim_home() as home, Master(home) as master:
        check_equal(master.read_text(STATION, 100, 17), "ALF_1000", "name")
        check_equal(master.read_text(STATION, 117, 5), "Alfen NV", "manufacturer")
        check_equal(master.read_text(STATION, 123, 17), "7.2.0-4362", "firmware")
        check_equal(master.read_text(STATION, 140, 17), "NG910", "platform")
        check_equal(master.read_text(STATION, 157, 11), "ACE0402633", "serial")
        check_equal(len(master.read(STATION, 100, 79)), 79, "words of the identity")
        check_equal(len(master.read(SOCKET, 306, 72)), 72, "words of the measurements")
        check_equal(len(master.read(SOCKET, 1200, 16)), 16, "words of the status")
        check_equal(master.read_text(SOCKET, 1201, 5), "A", "state")
        check(49.9 < master.read_float(SOCKET, 336) < 50.1, "frequency")
        check_equal(master.read_double(SOCKET, 374), 0.0, "energy")


def test_car_charges_at_the_setpoint():
    with sim_home(clock_rate=20) as home, Master(home) as master:
        home.sim.command("plug")

        def charges_at(amperes):
            check_equal(master.write_float(SOCKET, 1210, amperes), 0, "write of the set-point")
            return abs(master.read_float(SOCKET, 320) - (amperes - 0.2)) < 0.01
        wait_for(lambda: charges_at(10.0), 10, "9.8 A flow")
        check_equal(master.read_text(SOCKET, 1201, 5), "C2", "state")
        power = master.read_float(SOCKET, 344)
        check(6500 < power < 6900, f"{power} W")
        before = master.read_double(SOCKET, 374)
        wait_for(lambda: charges_at(10.0) and master.read_double(SOCKET, 374) > before, 5,
                 "the counter runs")
        wait_for(lambda: charges_at(6.0), 10, "5.8 A flow")
        home.sim.command("unplug")
        wait_for(lambda: master.read_text(SOCKET, 1201, 5) == "A", 2, "the car is gone")
        check_equal(master.read_float(SOCKET, 320), 0.0, "current without a car")


def test_exceptions():
    with sim_home() as home, Master(home) as master:
        check_equal(master.read(SOCKET, 426, 1), 2, "read behind a table")
        check_equal(master.read(SOCKET, 300, 125)[0], 3, "as many as fit")
        check_equal(master.write(SOCKET, 1210, 0x4120), 2, "half a value")
        check_equal(master.write(SOCKET, 1206, 0x4120, 0), 2, "read-only")
        check_equal(master.write_float(SOCKET, 1210, -1.0), 3, "negative")
        check_equal(master.write_float(SOCKET, 1210, float("nan")), 3, "not a number")
        check_equal(master.write(SOCKET, 1215, 2), 3, "two phases")
        check_equal(master.write(STATION, 1215, 1), 2, "phases of the station")
        check_equal(master.read(7, 300, 1), 11, "unknown unit")
        check_equal(master.client.read_input_registers(1200, 1, slave=1).exception_code, 1,
                    "illegal function")
        answer = master.client.write_register(1215, 1, slave=SOCKET)
        check(not answer.isError(), "single write of the phases")
        home.sim.command("station allow_phase_switch 0")
        answer = master.client.write_register(1215, 3, slave=SOCKET)
        check_equal(answer.exception_code, 3, "switching not permitted")
        check_equal(master.read(SOCKET, 1215, 1), [1], "phases after the refusal")


def test_field_frames():
    """requests and answers that were seen at real stations, byte for byte"""
    with sim_home() as home, socket.create_connection(("127.0.0.1", home.sim.port), 3) as wire:
        wire.sendall(bytes.fromhex("0001 0000 000b 01 10 04ba 0002 04 40e00000"))
        check_equal(wire.recv(64).hex(), "00010000000601" "1004ba0002", "answer to a set-point")
        home.sim.command("station allow_phase_switch 0")
        wire.sendall(bytes.fromhex("0002 0000 0006 01 06 04bf 0001"))
        check_equal(wire.recv(64).hex(), "00020000000301" "8603", "answer to a refused switch")


def test_two_masters_and_no_third():
    with sim_home() as home, Master(home) as first, Master(home) as second:
        check(first.is_served() and second.is_served(), "two masters are served")
        third = Master(home)
        third.client.connect()
        check(not third.is_served(), "a third master was served")
        third.client.close()
        check_equal(home.sim.command("requests")["rejected"], 1, "rejected")
        first.client.close()
        wait_for(lambda: len(home.sim.command("requests")["connections"]) == 1, 3, "one is gone")
        with Master(home) as fourth:
            check(fourth.is_served(), "the free place is not given")


def test_idle_master_is_closed():
    with sim_home() as home:
        home.sim.command("station idle_ms 300")
        with socket.create_connection(("127.0.0.1", home.sim.port), 5) as wire:
            check_equal(wire.recv(1), b"", "what comes before the end")


def test_pipelined_requests_are_answered_in_order():
    with sim_home() as home, socket.create_connection(("127.0.0.1", home.sim.port), 3) as wire:
        wire.sendall(b"".join(raw_request(i, SOCKET, 3, 1200, 1) for i in range(20)))
        answers = b""
        while len(answers) < 20 * 11:
            answers += wire.recv(4096)
        check_equal([answers[i * 11 + 1] for i in range(20)], list(range(20)), "transactions")


def ask(wire, transaction=7, timeout_s=0.5):
    """Answers what comes within the time-out; None for a closed connection."""
    wire.settimeout(timeout_s)
    wire.sendall(raw_request(transaction, SOCKET, 3, 1200, 16))
    try:
        return wire.recv(4096) or None
    except socket.timeout:
        return b""
    except ConnectionResetError:
        return "reset"


def test_faults_on_request():
    good_length = 9 + 32
    with sim_home() as home:
        home.sim.command("station delay_max_ms 5")

        def under(fault, **options):
            home.sim.command("fault " + fault)
            with socket.create_connection(("127.0.0.1", home.sim.port), 3) as wire:
                answer = ask(wire, **options)
            home.sim.command("fault none")
            return answer
        check_equal(len(under("none")), good_length, "honest answer")
        check_equal(under("silent"), b"", "silent")
        check_equal(under("late ms=1000"), b"", "late, not yet")
        check_equal(len(under("late ms=200", timeout_s=3)), good_length, "late, then")
        check_equal(len(under("half")), good_length // 2, "half")
        check_equal(len(under("cut")), good_length // 2, "cut")
        check_equal(len(under("trickle ms=5")), 1, "first byte of a trickle")
        check_equal(len(under("twice")), 2 * good_length, "twice")
        check_equal(under("wrong-id")[:2], b"\0\x08", "wrong transaction")
        check_equal(under("wrong-unit")[6], 2, "wrong unit")
        check_equal(under("wrong-length")[5], 37, "wrong length")
        check(under("garbage")[:7] != under("none")[:7], "garbage")
        check_equal(under("exception code=6")[7:], b"\x83\x06", "exception")
        check_equal(under("close"), None, "close")
        check_equal(under("rst"), "reset", "reset")
        check_equal(len(under("exception address=374")), good_length, "fault of other registers")
        home.sim.command("fault silent 2")
        with socket.create_connection(("127.0.0.1", home.sim.port), 3) as wire:
            check_equal([len(ask(wire, i)) for i in range(3)], [0, 0, good_length], "twice silent")


def test_frozen_station_answers_when_it_thaws():
    with sim_home() as home, socket.create_connection(("127.0.0.1", home.sim.port), 3) as wire:
        home.sim.command("fault freeze")
        check_equal(ask(wire), b"", "answer while frozen")
        home.sim.command("fault none")
        wire.settimeout(3)
        check_equal(wire.recv(4096)[:2], b"\0\7", "transaction of the late answer")


def test_reboot_drops_masters_and_setpoint():
    with sim_home() as home:
        home.sim.command("station boot_ms 300")
        with Master(home) as master:
            master.write_float(SOCKET, 1210, 12.0)
            home.sim.command("reboot")
            check(not master.is_served(), "a rebooting station answered")

        def boots():
            with Master(home) as master:
                return master.read_float(SOCKET, 1210) if master.is_served() else None
        check_equal(wait_for(boots, 5, "it is back"), 6.0, "set-point after the reboot")


def test_hidden_registers():
    with sim_home() as home, Master(home) as master:
        home.sim.command("hide 374 4")
        check_equal(master.read(SOCKET, 372, 8)[2:6], [0xffff] * 4, "hidden words")
        home.sim.command("hide none")
        check_equal(master.read(SOCKET, 374, 4), [0] * 4, "shown words")


def test_requests_are_counted():
    with sim_home() as home, Master(home) as master:
        home.sim.command("requests reset")
        for _ in range(3):
            master.read(SOCKET, 306, 72)
        master.write_float(SOCKET, 1210, 8.0)
        counted = home.sim.command("requests")
        check_equal(counted["requests"], {"3:306": 3, "16:1210": 1}, "requests")
        check_equal((counted["total"], counted["connections"]), (4, [4]), "totals")


def test_several_stations_and_sockets():
    with sim_home("--stations", "2", "--sockets", "2") as home:
        ports = [int(port) for port in re.findall(r"^PORT (\d+)$", home.sim.log(), re.MULTILINE)]
        check_equal(len(set(ports)), 2, "ports")
        with Master(home, ports[1]) as master:
            check_equal(master.write_float(2, 1210, 9.0), 0, "write to the second socket")
            check_equal(master.read_text(STATION, 157, 11), "ACE0402634", "serial of the second")
            check_equal(master.read(STATION, 1105, 1), [2], "sockets")
        home.sim.command("@2.2 plug")
        stations = home.sim.command("dump")["stations"]
        check_equal([[it["car"]["plugged"] for it in station["sockets"]] for station in stations],
                    [[False, False], [False, True]], "plugged")
        check_equal(stations[1]["sockets"][1]["setpoint_a"], 9.0, "set-point of the last socket")


def test_commands_refuse_what_is_wrong():
    wrong = ["", "dance", "car", "car speed 3", "car phases 4", "car phases one", "car max_a nan",
             "car reaction_ms 1.5", "station fault lightning", "station phase_map 112",
             "station serial " + "x" * 30, "house load_w -1", "fault hiccup", "fault silent 0",
             "hide 70000", "registers 300 126", "registers 999 1", "requests forget", "@2 plug",
             "@0 plug", "@1.2 plug", "@x plug", "victron silent"]
    with sim_home() as home:
        before = home.sim.command("dump")["stations"]
        for line in wrong:
            try:
                home.sim.command(line)
            except ValueError as error:
                check(str(error).split(": ", 1)[1], f"{line!r}: no reason given")
                continue
            raise AssertionError(f"{line!r} was accepted")
        after = home.sim.command("dump")["stations"]
        for station in (*before, *after):
            for moving in ("uptime_ms", "temperature_c"):
                del station[moving]
            for it in station["sockets"]:
                del it["meter"]
        check_equal(after, before, "stations after refused commands")


def test_scenario_is_played():
    with Home(sim=False, daemon=False) as home:
        path = os.path.join(home.directory, "scenario")
        with open(path, "w", encoding="utf-8") as file:
            file.write("# a car comes\n0.1 plug\n0.2 car phases 1  # a small one\n0.2 dance\n")
        home._sim_arguments = ["--scenario", path]
        home.start_sim()
        wait_for(lambda: socket_of(home)["car"]["plugged"] and
                 socket_of(home)["car"]["phases"] == 1, 5, "the car is there")
        wait_for(lambda: "dance: error" in home.sim.log(), 3, "the bad line is reported")


def test_shipped_scenarios_are_understood():
    paths = sorted(glob.glob(os.path.join(SRCDIR, "tests", "data", "scenarios", "*.txt")))
    check(len(paths) >= 4, repr(paths))
    for path in paths:
        with open(path, encoding="utf-8") as file:
            last = int(file.read().splitlines()[-1].split()[0])
        with sim_home("--scenario", path, clock_rate=5000) as home:
            start_ms = home.sim.command("dump")["wall_ms"]
            wait_for(lambda: home.sim.command("dump")["wall_ms"] > start_ms + 1000 * (last + 600),
                     10, path)
            check_equal(home.sim.log().splitlines()[2:], [], "complaints about " + path)


def start_refused(home, *arguments):
    process = home._add(Process(home, "phaeton-sim", [program("phaeton-sim"), *arguments]))
    status = wait_for(lambda: not process.is_running() and process.popen.returncode, 10, "it ends")
    return status, process.log()


def test_bad_starts_say_why():
    with Home(sim=False, daemon=False) as home:
        path = os.path.join(home.directory, "bad")
        with open(path, "w", encoding="utf-8") as file:
            file.write("5 plug\n3 unplug\n")
        check(":" in start_refused(home, "--port", "70000")[1], "port")
        status, log = start_refused(home, "--scenario", path)
        check(status == 1 and "bad: line 2" in log, log)
        status, log = start_refused(home, "--series", path)
        check(status == 1 and "bad: line 1" in log, log)
        check_equal(start_refused(home, "--stations", "0")[0], 2, "status")
        status, log = start_refused(home, "--memory", path)
        check(status == 1 and "bad: not the memory" in log, log)
        with open(path, encoding="utf-8") as file:
            check_equal(file.read(), "5 plug\n3 unplug\n", "a file that is not ours")


def test_port_is_taken():
    with sim_home() as home:
        done = subprocess.run([program("phaeton-sim"), "--port", str(home.sim.port)], text=True,
                              capture_output=True, timeout=10, check=False)
        check(done.returncode == 1 and str(home.sim.port) in done.stderr, done.stderr)


def test_hostile_bytes_do_no_harm():
    chance = make_random("hostile bytes")
    with sim_home() as home:
        home.sim.command("station delay_max_ms 5")
        for _ in range(150):
            with socket.create_connection(("127.0.0.1", home.sim.port), 3) as wire:
                size = chance.randrange(1, 300)
                data = bytearray(chance.randbytes(size))
                if chance.random() < 0.8 and size > 12:  # a good header before bad requests
                    data[2:6] = struct.pack(">HH", 0, chance.randrange(2, 254))
                    data[6] = chance.choice((1, 2, 200))
                    data[7] = chance.choice((3, 6, 16, 43))
                try:
                    wire.sendall(data)
                except OSError:
                    pass
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(home.sim.control_path)
            control.sendall(b"x" * 5000)
            try:
                check_equal(control.recv(1), b"", "answer to an endless line")
            except ConnectionResetError:
                pass  # closed with the rest unread
        wait_for(lambda: not home.sim.command("requests")["connections"], 5, "all are gone")
        with Master(home) as master:
            check(master.is_served(), "it does not answer any more")


def test_ends_when_stdin_closes():
    with sim_home() as home:
        home.sim.popen.stdin.close()
        check_equal(home.sim.popen.wait(5), 0, "exit status")
        check(not os.path.exists(home.sim.control_path), "the control socket lives on")


def test_control_socket_is_private():
    with sim_home() as home:
        check_equal(os.stat(home.sim.control_path).st_mode & 0o777, 0o600, "mode")


def test_killed_simulator_remembers():
    """as a real station does: a power cut costs neither counter nor settings"""
    with sim_home(clock_rate=20) as home:
        home.sim.command("plug")
        home.sim.command("station serial ACE7")
        with Master(home) as master:
            master.write_float(SOCKET, 1210, 16.0)
            wait_for(lambda: master.read_double(SOCKET, 374) > 20, 10, "energy flows")
            before = master.read_double(SOCKET, 374)
        home.restart_sim()
        with Master(home) as master:
            check(before <= master.read_double(SOCKET, 374) < before + 100, "the counter jumped")
            check_equal(master.read_float(SOCKET, 1210), 6.0, "set-point")
            check_equal(master.read_text(STATION, 157, 11), "ACE7", "serial")
        check(socket_of(home)["car"]["plugged"], "the car is gone")


def test_hung_simulator_goes_on():
    with sim_home() as home, Master(home) as master:
        home.sim.stop()
        started = time.monotonic()
        home.sim.cont()
        check(master.is_served(), f"no answer after {time.monotonic() - started} s")


run([test for name, test in sorted(globals().items()) if name.startswith("test_")])
