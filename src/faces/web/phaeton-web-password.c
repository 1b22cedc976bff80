/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-error.h"
#include "phaeton-web-accounts.h"
#include "phaeton-worker.h"

#include <crypt.h>
#include <string.h>

#define METHOD "$y$" /* yescrypt */

typedef struct {
  char *password;
  char *hash; /* (nullable) */
} Job;

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
free_job (gpointer data)
{
  Job *job = data;

  wipe (job->password);
  g_free (job->hash);
  g_free (job);
}

static void
push_job (const char *password, const char *hash, GTaskThreadFunc run, gpointer tag,
          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Job *job = g_new (Job, 1);

  job->password = g_strdup (password);
  job->hash = g_strdup (hash);
  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, job, free_job);
  phaeton_worker_push (task, run);
}

/* Returns: (nullable): crypt_data is 32 kB, so it lives no longer than needed */
static char *
crypt_password (const char *password, const char *setting)
{
  g_autofree struct crypt_data *data = g_new0 (struct crypt_data, 1);
  const char *hash = crypt_rn (password, setting, data, sizeof *data);
  char *copy = g_strdup (hash);

  explicit_bzero (data, sizeof *data);
  return copy;
}

static char *
make_hash (const char *password)
{
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];

  if (crypt_gensalt_rn (METHOD, 0, NULL, 0, setting, sizeof setting) == NULL)
    return NULL;
  return crypt_password (password, setting);
}

static void
run_hash (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  char *hash = make_hash (((Job *) data)->password);

  if (hash != NULL)
    g_task_return_pointer (task, hash, g_free);
  else
    g_task_return_new_error (task, PHAETON_ERROR, PHAETON_ERROR_STORAGE,
                             "the password could not be hashed: %s", g_strerror (errno));
}

static void
run_check (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  g_autofree char *hash =
    job->hash != NULL ? crypt_password (job->password, job->hash) : make_hash (job->password);

  g_task_return_boolean (task, hash != NULL && g_strcmp0 (hash, job->hash) == 0);
}

void
phaeton_web_password_hash_async (const char *password, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (password, NULL, run_hash, phaeton_web_password_hash_async, cancellable, callback,
            user_data);
}

char *
phaeton_web_password_hash_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
phaeton_web_password_check_async (const char *password, const char *hash, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  push_job (password, hash, run_check, phaeton_web_password_check_async, cancellable, callback,
            user_data);
}

gboolean
phaeton_web_password_check_finish (GAsyncResult *result, gboolean *is_right, GError **error)
{
  g_autoptr (GError) problem = NULL;

  *is_right = g_task_propagate_boolean (G_TASK (result), &problem);
  if (problem == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}
