/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-ctl.h"

/* phaetonctl setup: whoever can talk to the daemon's socket may make the first admin. */

gboolean
phaeton_ctl_setup (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (ctl->client, "GET", "/api/v1/setup", NULL, error);
  const char *code;

  if (answer == NULL)
    return FALSE;
  if (ctl->json) {
    phaeton_ctl_print_json (answer);
    return TRUE;
  }
  code = JSON_NODE_HOLDS_OBJECT (answer)
           ? phaeton_ctl_get_text (json_node_get_object (answer), "code")
           : NULL;
  if (code != NULL)
    g_print ("Code: %s\nOpen /ui/login.html on the daemon's web server, and choose a user and a "
             "password with it.\n",
             code);
  else
    g_print ("There are users already; log in at /ui/login.html.\n");
  return TRUE;
}
