#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive for GX devices, its installer, and the unit for other Linux."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile

from harness import (BUILDDIR, SRCDIR, Home, Process, Skip, check, check_equal, run, wait_for)

MAX_EXPOSURE = 2.0  # of systemd-analyze security; 0 is nothing, 10 everything


@contextlib.contextmanager
def device():
    """the folder of a GX device on which the archive was unpacked into /data"""
    with tempfile.TemporaryDirectory(prefix="phaeton-venus-") as root:
        archive = os.path.join(root, "venus-data.tar.gz")
        subprocess.run([os.path.join(SRCDIR, "scripts", "venus-archive"), "--build", BUILDDIR,
                        "--output", archive], check=True, capture_output=True, timeout=120)
        for folder in ("data", "service"):
            os.mkdir(os.path.join(root, folder))
        subprocess.run(["tar", "-xzf", archive, "-C", os.path.join(root, "data")], check=True)
        yield root


def script(root, name, *arguments):
    done = subprocess.run(["sh", os.path.join(root, "data", "phaeton", name), *arguments],
                          env={"VENUS_ROOT": root, "PATH": os.environ["PATH"]},
                          capture_output=True, text=True, timeout=30, check=False)
    check_equal(done.returncode, 0, name + ": " + done.stderr)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def test_archive_stands_alone():
    """unpacked, it runs with its own loader and libraries, and shows the charger on the bus"""
    with device() as root, Home(daemon=False) as home:
        app = os.path.join(root, "data", "phaeton")
        for name in ("phaeton", "phaetonctl"):
            done = subprocess.run([os.path.join(app, name), "--version"], env={}, timeout=20,
                                  capture_output=True, text=True, check=False)
            check_equal(done.returncode, 0, f"{name} --version: {done.stderr}")
            check(re.match(r"phaeton(ctl)? \d+\.\d+", done.stdout), done.stdout)
        process = home._add(Process(home, "phaeton", [
            os.path.join(app, "phaeton"), "--config", home.config_path,
            "--state-dir", home.state_dir]))
        home.daemon = process
        wait_for(lambda: home.get_value("/Connected") == 1, 20, "the charger is on the bus")
        maps = read("/proc", str(process.pid), "maps")
        foreign = {line.split()[-1] for line in maps.splitlines()
                   if ".so" in line and not line.split()[-1].startswith(os.path.join(app, "lib"))}
        check_equal(foreign, set(), "libraries of this machine")


def test_installer():
    """installing twice is like once, and nothing of others is lost, neither then nor later"""
    with device() as root:
        rc_path = os.path.join(root, "data", "rc.local")
        theirs = "#!/bin/sh\necho theirs\nexit 0\n"
        with open(rc_path, "w", encoding="utf-8") as file:
            file.write(theirs)
        for _ in range(2):
            script(root, "install.sh")
        lines = read(rc_path).splitlines()
        check_equal(sum(line.endswith("# phaeton") for line in lines), 1, "our lines in rc.local")
        check(lines[0] == "#!/bin/sh" and lines.index("exit 0") > 1, f"rc.local: {lines}")
        check(os.access(rc_path, os.X_OK), "rc.local is not executable")
        link = os.path.join(root, "service", "phaeton")
        check_equal(os.readlink(link), "/data/phaeton/service", "link of the service")
        with open(os.path.join(root, "data", "phaeton_config.yaml"), "a", encoding="utf-8") as file:
            file.write("# mine\n")

        os.unlink(link)  # a new firmware, a start: /service is made anew
        script(root, "link-service.sh")
        check(os.path.islink(link), "the service is not linked after a start")
        script(root, "install.sh")
        check("# mine" in read(root, "data", "phaeton_config.yaml"), "settings were overwritten")

        with open(os.path.join(root, "data", "phaeton", "state.json"), "w",
                  encoding="utf-8") as file:
            file.write("{}")
        script(root, "uninstall.sh")
        check_equal(read(rc_path), theirs, "rc.local")
        check(not os.path.lexists(link), "the service is still linked")
        check_equal(os.listdir(os.path.join(root, "data", "phaeton")), ["state.json"], "what stays")


def test_uninstaller_purges():
    """alone on the device, it leaves nothing behind"""
    with device() as root:
        script(root, "install.sh")
        script(root, "uninstall.sh", "--purge")
        check_equal(sorted(os.listdir(os.path.join(root, "data"))), ["rc"], "/data")


def test_services_of_the_device():
    """the scripts are valid, executable and run in the foreground"""
    service = os.path.join(SRCDIR, "data", "venus", "service")
    for path in (os.path.join(service, "run"), os.path.join(service, "log", "run")):
        check(os.access(path, os.X_OK), f"{path} is not executable")
        subprocess.run(["sh", "-n", path], check=True)
        check(read(path).splitlines()[-1].startswith("exec "), f"{path} does not end in exec")


def test_unit_is_hardened():
    """systemd rates the unit, and finds no mistake in it"""
    if shutil.which("systemd-analyze") is None:
        raise Skip("systemd-analyze is not installed")
    unit = os.path.join(BUILDDIR, "data", "phaeton.service")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
                          capture_output=True, text=True, timeout=30, check=False)
    rated = re.search(r"exposure level for phaeton.service: ([\d.]+)", done.stdout)
    check(rated, done.stdout + done.stderr)
    check(float(rated[1]) < MAX_EXPOSURE, f"exposure {rated[1]}")


if __name__ == "__main__":
    run([test_archive_stands_alone, test_installer, test_uninstaller_purges,
         test_services_of_the_device, test_unit_is_hardened])
