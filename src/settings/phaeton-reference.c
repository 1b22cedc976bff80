/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-keys.h"

#include <gio/gio.h>

/* docs/settings.md, written from the schema and the table of keys. */

static void
append_row (GString *out, GSettingsSchema *schema, const PhaetonSection *section,
            const PhaetonKey *key)
{
  g_autofree char *name = g_strdelimit (g_strdup (key->name), "_", '-');
  g_autoptr (GSettingsSchemaKey) facts = g_settings_schema_get_key (schema, name);
  g_autofree char *allowed = phaeton_key_dup_allowed (section, key);
  g_autoptr (PhaetonNode) fallback =
    phaeton_key_to_node (key, phaeton_key_get_default (section, key));
  g_autoptr (JsonNode) json = phaeton_node_to_json (fallback);
  g_autofree char *value = fallback->kind == PHAETON_NODE_SCALAR && !fallback->is_quoted
                             ? g_strdup (fallback->text)
                             : json_to_string (json, FALSE);

  g_string_append_printf (out, "| `%s` | %s | `%s` | %s%s%s%s |\n", key->name, allowed, value,
                          g_settings_schema_key_get_description (facts),
                          (key->flags & PHAETON_KEY_SECRET) != 0 ? " A secret." : "",
                          (key->flags & PHAETON_KEY_FILE_ONLY) != 0 ? " In the file only." : "",
                          (key->flags & PHAETON_KEY_RESTART) != 0 ? " Needs a restart." : "");
}

char *
phaeton_keys_dup_reference (void)
{
  g_autofree char *folder = phaeton_keys_dup_folder ();
  g_autoptr (GSettingsSchemaSource) source =
    g_settings_schema_source_new_from_directory (folder, NULL, FALSE, NULL);
  g_autoptr (GString) out = g_string_new (
    "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n"
    "<!-- Made from data/de.phaeton.gschema.xml and src/settings/phaeton-keys.c; write it again "
    "with\n"
    "     PHAETON_WRITE_DOCS=1 build/tests/unit/test-settings -->\n"
    "# Settings\n\n"
    "One YAML file, the first that exists of `./phaeton_config.yaml`, "
    "`/data/phaeton_config.yaml`,\n`/etc/phaeton/config.yaml`, and the older driver's "
    "`alfen_driver_config.yaml` in the working\ndirectory or `/data`; or the one after `--config`. "
    "Every key may be left out. Changes of the file apply while\nthe program runs; a file with a "
    "mistake is refused as a whole, and the last good one stays in force.\n\n"
    "Each key can also be set by the environment: `PHAETON_MODBUS__IP`, `PHAETON_TIMEZONE`,\n"
    "`PHAETON_CHARGERS__GARAGE__MODBUS__IP`. The environment goes over the file and is never saved "
    "to it.\n\n"
    "The top-level `modbus`, `defaults`, `controls`, `schedule`, `registers` and the keys of "
    "*General* that\nsay so belong to charger `1`. Below `chargers:` each further charger has an "
    "id "
    "and may have its own of these; from\n`controls`, `defaults`, `registers`, `poll_interval_ms`, "
    "`driver`, `circuit`, `product_id` and `legacy_energy` it inherits\nwhat it leaves out. Where "
    "`chargers:` "
    "has entries and no top-level `modbus.ip` is set, only they count. Without a section\n`modbus` "
    "and without `chargers:` there is no charger: the web page then helps to set one up.\n\n"
    "A secret in the file is used and left there. One set by the API goes elsewhere: "
    "[secrets.md](secrets.md) says where,\nand what that protects.\n");

  if (source == NULL || !phaeton_keys_ensure (NULL))
    return NULL;
  for (guint i = 0; i < phaeton_n_sections; i++) {
    const PhaetonSection *section = &phaeton_sections[i];
    g_autoptr (GSettingsSchema) schema =
      g_settings_schema_source_lookup (source, section->schema, FALSE);

    g_string_append_printf (out,
                            "\n## %s%s%s%s%s\n\n| key | value | default | meaning |\n"
                            "| --- | --- | --- | --- |\n",
                            section->title, section->name[0] != '\0' ? ": `" : "", section->name,
                            section->kind == PHAETON_SECTION_LIST  ? "[]"
                            : section->kind == PHAETON_SECTION_MAP ? ".ID"
                                                                   : "",
                            section->name[0] != '\0' ? "`" : "");
    for (guint k = 0; k < section->n_keys; k++)
      append_row (out, schema, section, &section->keys[k]);
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
