// SPDX-License-Identifier: GPL-3.0-or-later
// npm run po: writes po/phaeton.pot from the sources and brings each po/*.po up to date. What is
// translated stays; what nobody uses any more goes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf, parsePo, printPo } from "./po.mjs";
import { LANGUAGES, PO, collectTexts, poPath, readPo } from "./sources.mjs";

const header = (language) => `# SPDX-License-Identifier: GPL-3.0-or-later
# Texts of Phaeton for people: page and daemon. Names in braces stay as they are.
# "npm run po" in webui/ brings this file up to date.
msgid ""
msgstr ""
"Project-Id-Version: phaeton\\n"
"Language: ${language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n ${language === "fr" ? "> 1" : "!= 1"});\\n"
`;

const texts = collectTexts();
mkdirSync(PO, { recursive: true });
writeFileSync(join(PO, "phaeton.pot"), printPo(header(""), texts));
for (const language of LANGUAGES) {
  const known = new Map(parsePo(readPo(language), poPath(language)).map((entry) => [keyOf(entry), entry]));
  const entries = texts.map((entry) => {
    const old = known.get(keyOf(entry));
    return { ...entry, texts: old?.texts ?? [], fuzzy: old?.fuzzy ?? false };
  });
  const missing = entries.filter((entry) => !entry.texts[0] || (entry.plural && !entry.texts[1]));
  writeFileSync(poPath(language), printPo(header(language), entries));
  console.log(`${language}: ${entries.length} texts, ${missing.length} not translated`);
}
