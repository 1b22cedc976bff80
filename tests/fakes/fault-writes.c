/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* A bad disk: loaded in front of the C library by LD_PRELOAD, it spoils what a program writes below
 * $FAULT_FOLDER, as $FAULT_WRITES says:
 *
 *   full N      N of 1000 writes and flushes find no room
 *   torn N      N of 1000 writes are cut in the middle and fail, flushes fail
 *   cut N       the power goes in the middle of the Nth write
 *   slow N      every write and flush takes N ms
 *
 * $FAULT_SEED repeats the choices; with $FAULT_SWITCH only while there is a file of that name. */

typedef enum { NONE, FULL, TORN, CUT, SLOW } Fault;

static Fault fault;
static int number;
static const char *folder, *switch_file;
static atomic_uint state;
static atomic_int n_writes;

__attribute__ ((constructor)) static void
read_orders (void)
{
  const char *orders = getenv ("FAULT_WRITES");
  const char *seed = getenv ("FAULT_SEED");
  char kind[8] = "";

  folder = getenv ("FAULT_FOLDER");
  switch_file = getenv ("FAULT_SWITCH");
  if (orders == NULL || folder == NULL || sscanf (orders, "%7s %d", kind, &number) != 2)
    return;
  state = seed != NULL ? (unsigned) strtoul (seed, NULL, 10) : 1;
  fault = strcmp (kind, "full") == 0   ? FULL
          : strcmp (kind, "torn") == 0 ? TORN
          : strcmp (kind, "cut") == 0  ? CUT
          : strcmp (kind, "slow") == 0 ? SLOW
                                       : NONE;
}

static int
is_ours (int fd)
{
  char link[64], path[512];
  ssize_t length;

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink (link, path, sizeof path - 1);
  if (length <= 0)
    return 0;
  path[length] = '\0';
  return strncmp (path, folder, strlen (folder)) == 0;
}

static int
is_due (int fd)
{
  unsigned random;

  if (fault == NONE || (switch_file != NULL && access (switch_file, F_OK) != 0) || !is_ours (fd))
    return 0;
  if (fault == SLOW) { /* and then it is well */
    usleep ((useconds_t) number * 1000);
    return 0;
  }
  if (fault == CUT)
    return atomic_fetch_add (&n_writes, 1) + 1 == number;
  random = atomic_fetch_add (&state, 2654435761u);
  random = (random ^ random >> 15) * 2246822519u;
  return (int) ((random ^ random >> 13) % 1000) < number;
}

static ssize_t
end_badly (void)
{
  if (fault == CUT)
    kill (getpid (), SIGKILL);
  errno = fault == FULL ? ENOSPC : EIO;
  return -1;
}

#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

ssize_t
write (int fd, const void *data, size_t size)
{
  if (!is_due (fd))
    return REAL (write) (fd, data, size);
  if (fault != FULL)
    (void) !REAL (write) (fd, data, size / 2);
  return end_badly ();
}

ssize_t
pwrite64 (int fd, const void *data, size_t size, off64_t offset)
{
  if (!is_due (fd))
    return REAL (pwrite64) (fd, data, size, offset);
  if (fault != FULL)
    (void) !REAL (pwrite64) (fd, data, size / 2, offset);
  return end_badly ();
}

int
fsync (int fd)
{
  return is_due (fd) ? (int) end_badly () : REAL (fsync) (fd);
}

int
fdatasync (int fd)
{
  return is_due (fd) ? (int) end_badly () : REAL (fdatasync) (fd);
}
