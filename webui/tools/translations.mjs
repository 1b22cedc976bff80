// SPDX-License-Identifier: GPL-3.0-or-later
// Makes modules of po/: virtual:catalog/de (the page), virtual:catalog/de/settings (its forms), and
// virtual:reasons, the sentences of the daemon's reasons. Each is a chunk that is loaded when used.
import { join } from "node:path";
import { keyOf, parsePo } from "./po.mjs";
import { PO, ROOT, SETTINGS, poPath, readPo, readReasons } from "./sources.mjs";

function makeCatalog(language, isSettings) {
  const catalog = {};
  for (const entry of parsePo(readPo(language), poPath(language))) {
    if (entry.fuzzy || (entry.context === SETTINGS) !== isSettings || !entry.texts[0]) continue;
    catalog[keyOf(entry)] = entry.plural ? entry.texts : entry.texts[0];
  }
  return catalog;
}

export function translations() {
  return {
    name: "phaeton-translations",
    resolveId(id) {
      return id.startsWith("virtual:catalog/") || id === "virtual:reasons" ? `\0${id}` : null;
    },
    load(id) {
      const catalog = /^\0virtual:catalog\/(\w+)(\/settings)?$/.exec(id);
      if (catalog) {
        this.addWatchFile(join(PO, `${catalog[1]}.po`));
        return `export default ${JSON.stringify(makeCatalog(catalog[1], catalog[2] !== undefined))};`;
      }
      if (id === "\0virtual:reasons") {
        this.addWatchFile(join(ROOT, "src", "model", "phaeton-why.c"));
        return `export default ${JSON.stringify(readReasons())};`;
      }
      return null;
    },
  };
}
