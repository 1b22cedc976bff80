#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the page out of the source tree, for meson: copies it beside node_modules in the work
folder, installs what the lock file names when that changed, and writes the files to be served.

Without --required a failed installation (no network, say) leaves the plain page instead."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys

LOCK_FILES = ("package.json", "package-lock.json", ".npmrc")
LEFT_OUT = ("node_modules", "dist", "build.py")


def copy_source(source, work):
    for name in os.listdir(work):
        if name not in ("node_modules", "installed"):
            path = os.path.join(work, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    for name in os.listdir(source):
        if name in LEFT_OUT:
            continue
        path = os.path.join(source, name)
        if os.path.isdir(path):
            shutil.copytree(path, os.path.join(work, name))
        else:
            shutil.copy2(path, work)


def hash_lock(work):
    digest = hashlib.sha256()
    for name in LOCK_FILES:
        with open(os.path.join(work, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def install_modules(npm, work):
    stamp = os.path.join(work, "installed")
    wanted = hash_lock(work)
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == wanted:
                return
        os.unlink(stamp)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"],
                   cwd=work, check=True, stdout=sys.stderr)
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)


def list_inputs(source, project):
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            yield os.path.join(folder, name)
    for name in sorted(os.listdir(os.path.join(project, "po"))):
        yield os.path.join(project, "po", name)
    yield os.path.join(project, "src", "model", "phaeton-why.c")


def write_depfile(path, target, inputs):
    escaped = (name.replace(" ", "\\ ") for name in inputs)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{target}: {' '.join(escaped)}\n")


def replace(output, made):
    if os.path.isdir(output):
        shutil.rmtree(output)
    shutil.move(made, output)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--required", action="store_true")
    parser.add_argument("--plain", required=True, help="the page for who has no node")
    for name in ("node", "npm", "project", "work", "output", "stamp", "depfile"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    source = os.path.join(options.project, "webui")
    made = os.path.join(options.work, "dist")

    os.makedirs(options.work, exist_ok=True)
    copy_source(source, options.work)
    environment = dict(os.environ, PHAETON_SRCDIR=os.path.abspath(options.project))
    try:
        install_modules(options.npm, options.work)
    except subprocess.CalledProcessError as error:
        if options.required:
            sys.exit(f"the packages of the page cannot be installed: {error}")
        print("The packages of the page cannot be installed; the plain page is used. "
              "-Dwebui=enabled makes this an error.", file=sys.stderr)
        shutil.copytree(options.plain, made)
    else:
        subprocess.run([options.node, "node_modules/vite/bin/vite.js", "build",
                        "--logLevel", "warn"], cwd=options.work, env=environment, check=True)
    replace(options.output, made)
    write_depfile(options.depfile, options.stamp, list_inputs(source, options.project))
    with open(options.stamp, "w", encoding="ascii"):
        pass


if __name__ == "__main__":
    main()
