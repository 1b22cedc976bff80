/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-ctl.h"

/* phaetonctl setup: whoever can talk to the daemon's socket may make the first admin. */

static void
tell_certificate (JsonObject *answer)
{
  JsonNode *node = json_object_get_member (answer, "certificate");

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    g_print ("SHA-256 fingerprint of the certificate, which the browser should show too:\n%s\n",
             phaeton_ctl_get_text (json_node_get_object (node), "sha256"));
}

gboolean
phaeton_ctl_setup (PhaetonCtl *ctl, char **arguments, GError **error)
{
  g_autoptr (JsonNode) answer =
    phaeton_ctl_client_call (ctl->client, "GET", "/api/v1/setup", NULL, error);
  JsonObject *object;
  const char *code;

  if (answer == NULL)
    return FALSE;
  if (ctl->json) {
    phaeton_ctl_print_json (answer);
    return TRUE;
  }
  object = JSON_NODE_HOLDS_OBJECT (answer) ? json_node_get_object (answer) : NULL;
  code = object != NULL ? phaeton_ctl_get_text (object, "code") : NULL;
  if (code != NULL)
    g_print ("Code: %s\nOpen /ui/ on the daemon's web server, and choose a user and a "
             "password with it.\n",
             code);
  else
    g_print ("There are users already; log in at /ui/.\n");
  if (object != NULL)
    tell_certificate (object);
  return TRUE;
}
