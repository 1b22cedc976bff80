/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault-vfs.h"

#include <sqlite3.h>
#include <string.h>

/* SQLite's own files, with our methods in front of those of the real one */
typedef struct {
  sqlite3_file base;
  sqlite3_io_methods methods;
  sqlite3_file *real; /* right behind this struct */
} FaultFile;

static sqlite3_vfs *real_vfs;
static int fault, countdown;

static gboolean
is_due (Fault first, Fault last)
{
  const Fault now = (Fault) g_atomic_int_get (&fault);

  if (now < first || now > last)
    return FALSE;
  return g_atomic_int_get (&countdown) <= 0 || g_atomic_int_add (&countdown, -1) <= 1;
}

static sqlite3_file *
get_real (sqlite3_file *file)
{
  return ((FaultFile *) file)->real;
}

static int
write_cb (sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
  sqlite3_file *real = get_real (file);

  if (!is_due (FAULT_FULL, FAULT_TORN))
    return real->pMethods->xWrite (real, data, size, offset);
  if (g_atomic_int_get (&fault) == FAULT_TORN)
    real->pMethods->xWrite (real, data, size / 2, offset);
  return g_atomic_int_get (&fault) == FAULT_TORN ? SQLITE_IOERR_WRITE : SQLITE_FULL;
}

static int
sync_cb (sqlite3_file *file, int flags)
{
  sqlite3_file *real = get_real (file);

  return is_due (FAULT_SYNC, FAULT_SYNC) ? SQLITE_IOERR_FSYNC : real->pMethods->xSync (real, flags);
}

#define PASS(name, arguments, ...)                                                                 \
  static int name##_cb arguments                                                                   \
  {                                                                                                \
    sqlite3_file *real = get_real (file);                                                          \
                                                                                                   \
    return real->pMethods->name (real, ##__VA_ARGS__);                                             \
  }

/* clang-format off */
PASS (xClose, (sqlite3_file * file))
PASS (xRead, (sqlite3_file * file, void *data, int size, sqlite3_int64 offset), data, size, offset)
PASS (xTruncate, (sqlite3_file * file, sqlite3_int64 size), size)
PASS (xFileSize, (sqlite3_file * file, sqlite3_int64 *size), size)
PASS (xLock, (sqlite3_file * file, int lock), lock)
PASS (xUnlock, (sqlite3_file * file, int lock), lock)
PASS (xCheckReservedLock, (sqlite3_file * file, int *is), is)
PASS (xFileControl, (sqlite3_file * file, int what, void *with), what, with)
PASS (xSectorSize, (sqlite3_file * file))
PASS (xDeviceCharacteristics, (sqlite3_file * file))
PASS (xShmMap, (sqlite3_file * file, int region, int size, int extend, void volatile **to),
      region, size, extend, to)
PASS (xShmLock, (sqlite3_file * file, int offset, int n, int flags), offset, n, flags)
PASS (xShmUnmap, (sqlite3_file * file, int remove), remove)
/* clang-format on */

static void
barrier_cb (sqlite3_file *file)
{
  sqlite3_file *real = get_real (file);

  real->pMethods->xShmBarrier (real);
}

static int
open_cb (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
  FaultFile *self = (FaultFile *) file;
  int code;

  memset (self, 0, sizeof *self);
  self->real = (sqlite3_file *) (self + 1);
  code = real_vfs->xOpen (real_vfs, name, self->real, flags, out);
  if (self->real->pMethods == NULL)
    return code;
  self->methods = (sqlite3_io_methods){
    .iVersion = MIN (self->real->pMethods->iVersion, 2),
    .xClose = xClose_cb,
    .xRead = xRead_cb,
    .xWrite = write_cb,
    .xTruncate = xTruncate_cb,
    .xSync = sync_cb,
    .xFileSize = xFileSize_cb,
    .xLock = xLock_cb,
    .xUnlock = xUnlock_cb,
    .xCheckReservedLock = xCheckReservedLock_cb,
    .xFileControl = xFileControl_cb,
    .xSectorSize = xSectorSize_cb,
    .xDeviceCharacteristics = xDeviceCharacteristics_cb,
    .xShmMap = xShmMap_cb,
    .xShmLock = xShmLock_cb,
    .xShmBarrier = barrier_cb,
    .xShmUnmap = xShmUnmap_cb,
  };
  file->pMethods = &self->methods;
  return code;
}

void
fault_vfs_install (void)
{
  static sqlite3_vfs vfs;

  real_vfs = sqlite3_vfs_find (NULL);
  vfs = *real_vfs;
  vfs.zName = "fault";
  vfs.szOsFile = (int) sizeof (FaultFile) + real_vfs->szOsFile;
  vfs.xOpen = open_cb;
  vfs.pNext = NULL;
  sqlite3_vfs_register (&vfs, 1);
}

void
fault_vfs_set (Fault kind, int after)
{
  g_atomic_int_set (&countdown, after);
  g_atomic_int_set (&fault, kind);
}
