// SPDX-License-Identifier: GPL-3.0-or-later
// Replaces each text of the build by its gzip: the daemon sends that, and unpacks it for the rare
// client that cannot.
import { constants, gzipSync } from "node:zlib";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const TEXT = /\.(html|js|css|json|svg|webmanifest|txt)$/;

function compressFolder(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      compressFolder(path);
    } else if (TEXT.test(name)) {
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION }));
      rmSync(path);
    }
  }
}

export function compress() {
  let folder;
  return {
    name: "phaeton-compress",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      compressFolder(folder);
    },
  };
}
