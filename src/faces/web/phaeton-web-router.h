/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which handler a request goes to: a table, and the loop that looks in it. */

typedef struct _PhaetonWebRequest PhaetonWebRequest;

/* who may; each includes those before it */
typedef enum {
  PHAETON_ROLE_NOBODY, /* needs no login */
  PHAETON_ROLE_VIEWER,
  PHAETON_ROLE_DRIVER, /* charges */
  PHAETON_ROLE_ADMIN,  /* sets */
} PhaetonRole;

typedef struct {
  const char *method; /* "GET" answers HEAD too */
  const char *path;   /* "{id}" stands for one segment, "*" at the end for any rest */
  PhaetonRole role;
  gsize max_body; /* bytes; more than 0: a JSON document is required */
  void (*handle) (PhaetonWebRequest *request, gpointer user_data);
} PhaetonWebRoute;

typedef struct {
  const PhaetonWebRoute *route; /* NULL: none; @allowed tells why */
  char *parameter;              /* (owned) (nullable): what stood for {id}, decoded */
  char *allowed;                /* (owned) (nullable): the path is there, with these methods */
} PhaetonWebMatch;

void phaeton_web_match_clear (PhaetonWebMatch *self);

/* @routes: ends with a line without a method. @path as it came, still percent-encoded */
void phaeton_web_match (const PhaetonWebRoute *routes, const char *method, const char *path,
                        PhaetonWebMatch *match);

G_END_DECLS
