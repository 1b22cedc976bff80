/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-json.h"
#include "phaeton-web-commands.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* bodies of requests: the guard, json-glib behind it, and what makes commands of them */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static gboolean (*const parsers[]) (JsonNode *, PhaetonWebCommand *, GError **) = {
    phaeton_web_parse_mode,
    phaeton_web_parse_start_stop,
    phaeton_web_parse_set_current,
    phaeton_web_parse_phases,
  };
  const PhaetonJsonLimits limits = { .max_size = 65536, .max_depth = 16 };
  g_autoptr (JsonNode) body = phaeton_json_parse ((const char *) data, size, &limits, NULL);
  g_autoptr (PhaetonSnapshot) snapshot = phaeton_snapshot_new (1);
  g_autoptr (GArray) commands = NULL;

  if (body == NULL) /* what passed the guard is JSON to json-glib too */
    return phaeton_json_check ((const char *) data, size, &limits, NULL) ? __builtin_trap (), 0 : 0;
  for (guint i = 0; i < G_N_ELEMENTS (parsers); i++) {
    PhaetonWebCommand command = { 0 };

    parsers[i](body, &command, NULL);
    phaeton_web_command_clear (&command);
  }
  commands = phaeton_web_parse_patch (body, &snapshot->chargers[0], NULL);
  return 0;
}
