/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-web"
#include "config.h"

#include "phaeton-web-certificate.h"

#include "phaeton-error.h"
#include "phaeton-file.h"
#include "phaeton-log.h"
#include "phaeton-worker.h"
#include "phaeton-x509.h"

#include <glib/gstdio.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#define FILE_NAME "web-certificate.pem"
#define MAX_FILE_BYTES 65536
#define MAX_NAMES 64
#define DAY_S 86400
#define GOOD_DAYS 820 /* the longest that all browsers take is 825 days */
#define RENEW_DAYS 30
#define EARLIER_DAYS 1 /* clients whose clock is slow */

typedef struct {
  char *path;
  char **names;
  gint64 now_at;
} Job;

static void
free_job (gpointer data)
{
  Job *job = data;

  g_free (job->path);
  g_strfreev (job->names);
  g_free (job);
}

/* what this machine is called */

/* a certificate takes no others */
static gboolean
is_name (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && *at != '.' && *at != '-' && *at != ':')
      return FALSE;
  return text[0] != '\0' && (strchr (text, ':') == NULL || g_hostname_is_ip_address (text));
}

static void
add_name (GPtrArray *names, const char *name)
{
  if (names->len < MAX_NAMES && is_name (name) &&
      !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

/* (nullable): one that others can reach, or reach us by */
static GInetAddress *
dup_address (const struct sockaddr *address)
{
  g_autoptr (GInetAddress) found = NULL;

  if (address == NULL)
    return NULL;
  if (address->sa_family == AF_INET)
    found = g_inet_address_new_from_bytes (
      (const guint8 *) &((const struct sockaddr_in *) address)->sin_addr, G_SOCKET_FAMILY_IPV4);
  else if (address->sa_family == AF_INET6)
    found = g_inet_address_new_from_bytes (
      (const guint8 *) &((const struct sockaddr_in6 *) address)->sin6_addr, G_SOCKET_FAMILY_IPV6);
  return found != NULL && !g_inet_address_get_is_link_local (found) ? g_steal_pointer (&found)
                                                                    : NULL;
}

static void
add_addresses (GPtrArray *names)
{
  struct ifaddrs *all = NULL;

  if (getifaddrs (&all) != 0)
    return; /* then the names must do */
  for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
    g_autoptr (GInetAddress) address = dup_address (at->ifa_addr);
    g_autofree char *text = NULL;

    if (address == NULL || (at->ifa_flags & IFF_UP) == 0)
      continue;
    text = g_inet_address_to_string (address);
    add_name (names, text);
  }
  freeifaddrs (all);
}

/* Returns: (transfer full) (element-type utf8): NULL-terminated, the host's name first */
static GPtrArray *
list_names (const Job *job)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *in_house = g_strconcat (g_get_host_name (), ".local", NULL);

  add_name (names, g_get_host_name ());
  add_name (names, in_house);
  add_name (names, "localhost");
  add_name (names, "127.0.0.1");
  add_name (names, "::1");
  for (guint i = 0; job->names != NULL && job->names[i] != NULL; i++)
    add_name (names, job->names[i]);
  add_addresses (names);
  g_ptr_array_add (names, NULL);
  return names;
}

/* is the one that we have good enough */

static gboolean
has_host_name (GTlsCertificate *certificate, const char *name)
{
  g_autoptr (GPtrArray) names = g_tls_certificate_get_dns_names (certificate); /* of GBytes */
  const gsize length = strlen (name);

  for (guint i = 0; names != NULL && i < names->len; i++) {
    gsize size;
    const char *bytes = g_bytes_get_data (names->pdata[i], &size);

    if (size == length && g_ascii_strncasecmp (bytes, name, size) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_address (GTlsCertificate *certificate, GInetAddress *address)
{
  g_autoptr (GPtrArray) addresses = g_tls_certificate_get_ip_addresses (certificate);

  for (guint i = 0; addresses != NULL && i < addresses->len; i++)
    if (g_inet_address_equal (addresses->pdata[i], address))
      return TRUE;
  return FALSE;
}

/* IPv6 addresses of a home change every day, so a missing one is no reason for a new certificate */
static gboolean
has_names (GTlsCertificate *certificate, GPtrArray *names)
{
  for (guint i = 0; i < names->len - 1; i++) {
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (names->pdata[i]);

    if (address == NULL ? !has_host_name (certificate, names->pdata[i])
                        : g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 &&
                            !has_address (certificate, address))
      return FALSE;
  }
  return TRUE;
}

gint64
phaeton_web_certificate_get_end_at (GTlsCertificate *certificate)
{
  g_autoptr (GDateTime) end = g_tls_certificate_get_not_valid_after (certificate);

  return end != NULL ? g_date_time_to_unix (end) : 0;
}

static gboolean
is_in_time (GTlsCertificate *certificate, gint64 now_at)
{
  g_autoptr (GDateTime) begin = g_tls_certificate_get_not_valid_before (certificate);

  return begin != NULL && g_date_time_to_unix (begin) <= now_at &&
         now_at < phaeton_web_certificate_get_end_at (certificate) - RENEW_DAYS * DAY_S;
}

/* worker thread */

static GTlsCertificate *
make (const Job *job, GPtrArray *names, const char *old_pem, GError **error)
{
  g_autofree char *pem = phaeton_x509_make_self_signed (
    (const char *const *) names->pdata, job->now_at - EARLIER_DAYS * DAY_S,
    job->now_at + GOOD_DAYS * DAY_S, old_pem, error);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) problem = NULL;

  if (pem != NULL)
    certificate = g_tls_certificate_new_from_pem (pem, -1, error);
  if (certificate == NULL)
    return NULL;
  g_chmod (job->path, 0600); /* a file that is there keeps its mode when it is written */
  if (!phaeton_file_write (job->path, pem, 0600, &problem))
    phaeton_warning ("", "The certificate is good until the next start only: %s", problem->message);
  return g_steal_pointer (&certificate);
}

static void
run_ensure (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  g_autofree char *pem = phaeton_file_read (job->path, MAX_FILE_BYTES, NULL, NULL);
  g_autoptr (GTlsCertificate) certificate =
    pem != NULL ? g_tls_certificate_new_from_pem (pem, -1, NULL) : NULL;
  g_autoptr (GPtrArray) names = list_names (job);
  GError *error = NULL;

  if (certificate == NULL || !is_in_time (certificate, job->now_at) ||
      !has_names (certificate, names)) {
    g_clear_object (&certificate);
    certificate = make (job, names, pem, &error);
  }
  if (certificate != NULL)
    g_task_return_pointer (task, g_steal_pointer (&certificate), g_object_unref);
  else
    g_task_return_error (task, error);
}

void
phaeton_web_certificate_ensure_async (const char *state_dir, const char *const *names,
                                      gint64 now_at, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Job *job = g_new (Job, 1);

  job->path = g_build_filename (state_dir, FILE_NAME, NULL);
  job->names = g_strdupv ((char **) names);
  job->now_at = now_at;
  g_task_set_source_tag (task, phaeton_web_certificate_ensure_async);
  g_task_set_task_data (task, job, free_job);
  phaeton_worker_push (task, run_ensure);
}

GTlsCertificate *
phaeton_web_certificate_ensure_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

char *
phaeton_web_certificate_dup_fingerprint (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;
  g_autofree char *hex = NULL;
  GString *text = g_string_new (NULL);

  g_object_get (certificate, "certificate", &der, NULL);
  hex = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);
  for (gsize i = 0; hex[i] != '\0'; i += 2)
    g_string_append_printf (text, "%s%c%c", i > 0 ? ":" : "", g_ascii_toupper (hex[i]),
                            g_ascii_toupper (hex[i + 1]));
  return g_string_free (text, FALSE);
}
