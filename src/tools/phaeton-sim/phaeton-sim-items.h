/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * PhaetonSimItems:
 *
 * One service of a Victron system on a connection of its own: a tree of com.victronenergy.BusItem
 * objects, and the bad manners that tests ask for. Own code, not the daemon's, for the same reason
 * as the register map.
 */
typedef struct _PhaetonSimItems PhaetonSimItems;

/* how a changed value is announced */
typedef enum {
  PHAETON_SIM_SIGNAL_BATCH,  /* with others in one ItemsChanged at the next flush */
  PHAETON_SIM_SIGNAL_SINGLE, /* at once, PropertiesChanged of the item */
} PhaetonSimSignal;

/* attributes of a setting; all NULL otherwise */
typedef struct {
  GVariant *minimum;
  GVariant *maximum;
  GVariant *standard;
  gboolean is_silent;
} PhaetonSimAttributes;

/* what makes a service more than a display */
typedef struct {
  /* SetValue of a leaf; answers its return code */
  int (*write) (PhaetonSimItems *items, const char *path, GVariant *value, gpointer user_data);
  /* calls of @leaf_info and @group_info */
  GDBusInterfaceMethodCallFunc call;
  GDBusInterfaceInfo *leaf_info;  /* (nullable): second interface of leaves */
  GDBusInterfaceInfo *group_info; /* (nullable): second interface of the root and groups */
  gboolean has_attributes;        /* leaves have GetMin, GetMax, GetDefault, SetDefault */
} PhaetonSimItemsHooks;

/* @hooks: (nullable): every SetValue is refused; lives as long as the service */
PhaetonSimItems *phaeton_sim_items_new (const char *name, const PhaetonSimItemsHooks *hooks,
                                        gpointer user_data);
void phaeton_sim_items_free (PhaetonSimItems *self);

/* objects first, the name last; also returns a service that was dropped, as another owner */
gboolean phaeton_sim_items_connect (PhaetonSimItems *self, GError **error);
void phaeton_sim_items_drop (PhaetonSimItems *self);

/* @value: consumed when floating; %NULL is the invalid value. Creates what is not there. */
void phaeton_sim_items_set (PhaetonSimItems *self, const char *path, GVariant *value,
                            PhaetonSimSignal signal);

/* the unit behind numbers in texts; lives as long as the service */
void phaeton_sim_items_set_unit (PhaetonSimItems *self, const char *path, const char *unit);
void phaeton_sim_items_flush (PhaetonSimItems *self);

/* as set(), but set() is deaf for this path until release() */
void phaeton_sim_items_force (PhaetonSimItems *self, const char *path, GVariant *value);
void phaeton_sim_items_release (PhaetonSimItems *self, const char *path);

/* NULL: no such leaf */
GVariant *phaeton_sim_items_get (PhaetonSimItems *self, const char *path);
gboolean phaeton_sim_items_is_group (PhaetonSimItems *self, const char *path);
PhaetonSimAttributes *phaeton_sim_items_get_attributes (PhaetonSimItems *self, const char *path);

/* PropertiesChanged with everything that is known of the item */
void phaeton_sim_items_announce (PhaetonSimItems *self, const char *path);
void phaeton_sim_items_remove (PhaetonSimItems *self, const char *path);

/* (element-type utf8) (transfer container): all leaves */
GList *phaeton_sim_items_list (PhaetonSimItems *self);

/* bad manners */
void phaeton_sim_items_set_silent (PhaetonSimItems *self, gboolean is_silent);
void phaeton_sim_items_set_delay (PhaetonSimItems *self, int get_items_ms);
void phaeton_sim_items_set_ints (PhaetonSimItems *self, gboolean has_ints);

G_END_DECLS
