/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-origin.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_HOST_BYTES 255 /* RFC 1035 2.3.4 */

static gboolean
is_port (const char *text)
{
  return text[0] == '\0' ||
         (text[0] == ':' && strspn (text + 1, "0123456789") == strlen (text + 1));
}

char *
phaeton_web_host_dup_name (const char *header)
{
  const char *end;
  char *name;

  if (header == NULL || header[0] == '\0' || strlen (header) > MAX_HOST_BYTES)
    return NULL;
  if (header[0] == '[') {
    end = strchr (++header, ']');
    if (end == NULL || !is_port (end + 1))
      return NULL;
  } else {
    end = header + strcspn (header, ":");
    if (!is_port (end) || strcspn (header, "/@?#[] \t,") < (gsize) (end - header))
      return NULL;
  }
  name = g_ascii_strdown (header, end - header);
  if (g_str_has_suffix (name, ".")) /* the root, written out */
    name[strlen (name) - 1] = '\0';
  if (name[0] == '\0')
    g_clear_pointer (&name, g_free);
  return name;
}

gboolean
phaeton_web_host_is_loopback (const char *name)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (name);

  return address != NULL ? g_inet_address_get_is_loopback (address)
                         : strcmp (name, "localhost") == 0;
}

gboolean
phaeton_web_host_is_listed (const char *name, const char *const *names)
{
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_ascii_strcasecmp (names[i], name) == 0)
      return TRUE;
  return FALSE;
}

gboolean
phaeton_web_host_is_ours (const char *name, const char *const *trusted)
{
  const char *own = g_get_host_name ();
  g_autofree char *in_house = g_strconcat (own, ".local", NULL);

  return phaeton_web_host_is_loopback (name) || g_hostname_is_ip_address (name) ||
         g_ascii_strcasecmp (name, own) == 0 || g_ascii_strcasecmp (name, in_house) == 0 ||
         phaeton_web_host_is_listed (name, trusted);
}

gboolean
phaeton_web_origin_is_same (const char *origin, const char *host, gboolean is_tls)
{
  const char *scheme = is_tls ? "https://" : "http://";

  return host != NULL && g_ascii_strncasecmp (origin, scheme, strlen (scheme)) == 0 &&
         g_ascii_strcasecmp (origin + strlen (scheme), host) == 0;
}
