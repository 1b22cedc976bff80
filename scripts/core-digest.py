# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a header with the digest of the sources that decide: core-digest.py OUT DEPFILE FOLDER...

Two programs of one version may decide differently while it is being worked on; recordings tell them
apart by this. Started by the build.
"""

import hashlib
import os
import sys


def main():
    out, depfile, *folders = sys.argv[1:]
    paths = [os.path.join(folder, name) for folder in folders for name in sorted(os.listdir(folder))
             if name.endswith((".c", ".h"))]
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        digest.update(f"{os.path.basename(path)} {len(content)}\n".encode())
        digest.update(content)
    with open(out, "w", encoding="ascii") as file:
        file.write(f'#define PHAETON_CORE_DIGEST "{digest.hexdigest()[:12]}"\n')
    with open(depfile, "w", encoding="utf-8") as file:
        file.write(out + ": " + " ".join(path.replace(" ", "\\ ") for path in paths) + "\n")


if __name__ == "__main__":
    main()
