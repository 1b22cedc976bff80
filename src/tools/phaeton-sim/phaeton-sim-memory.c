/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "phaeton-sim"
#include "config.h"

#include "phaeton-sim-memory.h"

#include "phaeton-error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* in front of the home; written last, so that half a file is never taken for a whole one */
typedef struct {
  char magic[32]; /* program and version */
  guint64 size;   /* of all: another layout has another size */
  PhaetonSimHome home;
} Image;

struct _PhaetonSimMemory {
  Image *image;
  gsize size;
};

static gsize
get_home_size (guint n_stations)
{
  return sizeof (PhaetonSimHome) + n_stations * sizeof (PhaetonSimStation);
}

static void
set_magic (char magic[32])
{
  memset (magic, 0, 32);
  g_snprintf (magic, 32, "phaeton-sim %s", PHAETON_VERSION);
}

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_set_error (error, PHAETON_ERROR, PHAETON_ERROR_STORAGE, "%s: %s", path, what);
  return FALSE;
}

/* a new file becomes @size; an old one must have it */
static gboolean
map_file (PhaetonSimMemory *self, const char *path, GError **error)
{
  const int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat status;
  gboolean is_ok;

  if (fd < 0)
    return fail (error, path, g_strerror (errno));
  is_ok = fstat (fd, &status) == 0 && S_ISREG (status.st_mode);
  if (is_ok && status.st_size == 0)
    is_ok = ftruncate (fd, self->size) == 0;
  else
    is_ok = is_ok && status.st_size == (off_t) self->size;
  if (is_ok) {
    self->image = mmap (NULL, self->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (self->image == MAP_FAILED)
      self->image = NULL;
  }
  close (fd);
  return self->image != NULL || fail (error, path, "not the memory of such a home");
}

static void
fill_fresh (PhaetonSimMemory *self, guint64 seed, gint64 wall_ms, guint n_stations)
{
  g_autofree PhaetonSimHome *home = phaeton_sim_home_new (seed, wall_ms, n_stations);

  memcpy (&self->image->home, home, get_home_size (n_stations));
  self->image->size = self->size;
  set_magic (self->image->magic);
}

/* the power is back: everything that does not survive it is as new */
static void
boot (PhaetonSimHome *home, gint64 wall_ms)
{
  home->wall_ms = wall_ms;
  home->house.series = NULL;
  for (guint i = 0; i < home->n_stations; i++)
    phaeton_sim_station_reboot (&home->stations[i]);
}

PhaetonSimMemory *
phaeton_sim_memory_open (const char *path, guint64 seed, gint64 wall_ms, guint n_stations,
                         gboolean *is_fresh, GError **error)
{
  PhaetonSimMemory *self = g_new0 (PhaetonSimMemory, 1);
  char magic[32];

  self->size = G_STRUCT_OFFSET (Image, home) + get_home_size (n_stations);
  set_magic (magic);
  if (!map_file (self, path, error)) {
    phaeton_sim_memory_free (self);
    return NULL;
  }
  *is_fresh = self->image->magic[0] == '\0';
  if (*is_fresh) {
    fill_fresh (self, seed, wall_ms, n_stations);
  } else if (memcmp (self->image->magic, magic, sizeof magic) != 0 ||
             self->image->size != self->size || self->image->home.n_stations != n_stations) {
    fail (error, path, "not the memory of such a home");
    phaeton_sim_memory_free (self);
    return NULL;
  } else {
    boot (&self->image->home, wall_ms);
  }
  return self;
}

void
phaeton_sim_memory_free (PhaetonSimMemory *self)
{
  if (self->image != NULL)
    munmap (self->image, self->size);
  g_free (self);
}

PhaetonSimHome *
phaeton_sim_memory_get_home (PhaetonSimMemory *self)
{
  return &self->image->home;
}
