// SPDX-License-Identifier: GPL-3.0-or-later
// Swagger UI for /docs of the daemon: files of its package, none of which is asked for elsewhere.
// Later versions of the package than the one named in package.json bring another that reports
// installations to its maker.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const FILES = {
  "swagger-ui-bundle.js": "swagger-ui-bundle.js",
  "swagger-ui.css": "swagger-ui.css",
  LICENSE: "swagger-ui-license.txt",
  NOTICE: "swagger-ui-notice.txt",
};

export function swaggerUi() {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return {
    name: "phaeton-swagger-ui",
    apply: "build",
    generateBundle() {
      for (const [from, to] of Object.entries(FILES))
        this.emitFile({
          type: "asset",
          fileName: `docs/${to}`,
          source: readFileSync(join(folder, from)),
        });
    },
  };
}
