/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "phaeton-web-guard.h"

#define MAX_PEERS 1024
#define BURST 200
#define PER_SECOND 50
#define FREE_FAILURES 3 /* people mistype */
#define FIRST_DELAY_MS 1000
#define MAX_DELAY_MS (5 * 60 * 1000)
#define FORGET_MS (60 * 60 * 1000) /* failures of an hour ago */

typedef struct {
  gint64 tokens_milli; /* thousandths of a request, at @at_ms */
  gint64 at_ms;
  guint failures;
  gint64 failed_ms;
} Peer;

struct _PhaetonWebGuard {
  GHashTable *peers; /* (owned) (element-type guint64 Peer) */
};

static gboolean
is_forgettable (gpointer key, gpointer value, gpointer user_data)
{
  const Peer *peer = value;
  const gint64 now_ms = *(const gint64 *) user_data;

  return now_ms - peer->at_ms > BURST * 1000 / PER_SECOND &&
         (peer->failures == 0 || now_ms - peer->failed_ms > FORGET_MS);
}

static Peer *
ensure_peer (PhaetonWebGuard *self, guint64 key, gint64 now_ms)
{
  Peer *peer = g_hash_table_lookup (self->peers, &key);

  if (peer == NULL && g_hash_table_size (self->peers) >= MAX_PEERS)
    g_hash_table_foreach_remove (self->peers, is_forgettable, &now_ms);
  if (peer == NULL && g_hash_table_size (self->peers) >= MAX_PEERS) {
    key = 0; /* the account of the rest */
    peer = g_hash_table_lookup (self->peers, &key);
  }
  if (peer == NULL) {
    peer = g_new0 (Peer, 1);
    peer->tokens_milli = BURST * 1000;
    peer->at_ms = now_ms;
    g_hash_table_insert (self->peers, g_memdup2 (&key, sizeof key), peer);
  }
  return peer;
}

gint64
phaeton_web_guard_take (PhaetonWebGuard *self, guint64 key, gint64 now_ms)
{
  Peer *peer = ensure_peer (self, key, now_ms);
  const gint64 gained = MIN (now_ms - peer->at_ms, BURST * 1000) * PER_SECOND;

  peer->tokens_milli = MIN (peer->tokens_milli + gained, BURST * 1000);
  peer->at_ms = now_ms;
  if (peer->tokens_milli < 1000)
    return MAX ((1000 - peer->tokens_milli) / PER_SECOND, 1);
  peer->tokens_milli -= 1000;
  return 0;
}

gint64
phaeton_web_guard_get_delay (PhaetonWebGuard *self, guint64 key, gint64 now_ms)
{
  const Peer *peer = ensure_peer (self, key, now_ms);
  gint64 delay_ms = FIRST_DELAY_MS;

  if (peer->failures < FREE_FAILURES)
    return 0;
  for (guint i = FREE_FAILURES; i < peer->failures && delay_ms < MAX_DELAY_MS; i++)
    delay_ms *= 2;
  return MAX (peer->failed_ms + MIN (delay_ms, MAX_DELAY_MS) - now_ms, 0);
}

void
phaeton_web_guard_fail (PhaetonWebGuard *self, guint64 key, gint64 now_ms)
{
  Peer *peer = ensure_peer (self, key, now_ms);

  if (now_ms - peer->failed_ms > FORGET_MS)
    peer->failures = 0;
  if (peer->failures < G_MAXUINT)
    peer->failures++;
  peer->failed_ms = now_ms;
}

void
phaeton_web_guard_succeed (PhaetonWebGuard *self, guint64 key)
{
  Peer *peer = g_hash_table_lookup (self->peers, &key);

  if (peer != NULL)
    peer->failures = 0;
}

PhaetonWebGuard *
phaeton_web_guard_new (void)
{
  PhaetonWebGuard *self = g_new0 (PhaetonWebGuard, 1);

  self->peers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return self;
}

void
phaeton_web_guard_free (PhaetonWebGuard *self)
{
  g_hash_table_unref (self->peers);
  g_free (self);
}
