/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "phaeton-fields.h"
#include "phaeton-history.h"
#include "phaeton-loop-monitor.h"
#include "phaeton-web-server.h"

G_BEGIN_DECLS

/* GET /metrics: the text format of Prometheus, 0.0.4. A value that is unknown has no line. */

typedef struct {
  const PhaetonSnapshot *snapshot;
  PhaetonLoopStats loop;
  PhaetonWebServer *server; /* (nullable): the routes of the API */
  guint event_streams;
  PhaetonHistoryHealth history;
} PhaetonWebMeasures;

GBytes *phaeton_web_print_prometheus (const PhaetonWebMeasures *measures);

G_END_DECLS
