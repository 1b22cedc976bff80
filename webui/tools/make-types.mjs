// SPDX-License-Identifier: GPL-3.0-or-later
// npm run types: makes src/lib/openapi.d.ts, the types of what the API answers, of its contract.
import openapiTS, { astToString } from "openapi-typescript";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, WEBUI } from "./sources.mjs";

const types = astToString(await openapiTS(pathToFileURL(join(ROOT, "data", "openapi.yaml"))));
writeFileSync(join(WEBUI, "src", "lib", "openapi.d.ts"),
  `// SPDX-License-Identifier: GPL-3.0-or-later\n// Made of data/openapi.yaml by "npm run types".\n${types}`);
