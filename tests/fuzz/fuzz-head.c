/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phaeton-web-head.h"
#include "phaeton-web-origin.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* heads of requests as they come from anybody, and what Host and Origin may be */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *head = g_memdup2 (data, size); /* no byte more, so that a sanitizer sees it */
  const gsize end = size > 0 ? phaeton_web_head_find_end (head, size) : 0;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *name = phaeton_web_host_dup_name (text);
  const char *problem = NULL;

  if (end > 0 && phaeton_web_head_check (head, end, &problem) == 0 &&
      memchr (head, '\0', end) != NULL)
    __builtin_trap (); /* what passes is text */
  if (end > 0 && problem == NULL)
    __builtin_trap ();
  if (name != NULL)
    phaeton_web_host_is_ours (name, NULL);
  phaeton_web_origin_is_same (text, "localhost:8080", FALSE);
  return 0;
}
