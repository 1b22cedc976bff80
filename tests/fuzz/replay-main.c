/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gio/gio.h>

/* Replays a folder of inputs through a fuzz target, as a normal test: one TAP line each. Then
 * mangles each of them in ways that a seed repeats (--seed), for builds without a fuzzer. */

#define MANGLED_PER_INPUT 2000

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
mangle (GByteArray *bytes)
{
  const int changes = g_test_rand_int_range (1, 9);

  for (int i = 0; i < changes && bytes->len > 0; i++) {
    const guint at = (guint) g_test_rand_int_range (0, (int) bytes->len);

    if (g_test_rand_bit ())
      bytes->data[at] = (guint8) g_test_rand_int ();
    else if (g_test_rand_bit ())
      bytes->data[at] ^= (guint8) (1 << g_test_rand_int_range (0, 8));
    else if (g_test_rand_bit ())
      g_byte_array_set_size (bytes, at);
    else
      g_byte_array_append (bytes, (const guint8 *) "\xff\xff\x00\x7f", 4);
  }
}

static void
test_input (gconstpointer path)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &contents, &size, &error);
  g_assert_no_error (error);
  LLVMFuzzerTestOneInput ((const guint8 *) contents, size);
  for (int i = 0; i < MANGLED_PER_INPUT; i++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    g_byte_array_append (bytes, (const guint8 *) contents, (guint) size);
    mangle (bytes);
    LLVMFuzzerTestOneInput (bytes->data, bytes->len);
  }
}

int
main (int argc, char *argv[])
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  dir = g_dir_open (argv[1], 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *title = g_strconcat ("/corpus/", name, NULL);
    char *path = g_build_filename (argv[1], name, NULL);

    g_ptr_array_add (paths, path);
    g_test_add_data_func (title, path, test_input);
  }
  g_assert_cmpuint (paths->len, >, 0);
  return g_test_run ();
}
