/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define PHAETON_TYPE_ACCEPTOR (phaeton_acceptor_get_type ())
G_DECLARE_FINAL_TYPE (PhaetonAcceptor, phaeton_acceptor, PHAETON, ACCEPTOR, GObject)

/**
 * PhaetonAcceptor:
 *
 * One listening socket that survives what people do to it: a long backlog, a cap on connections
 * in all and per peer, few accepts per dispatch, and no end when file descriptors run out:
 * then it tries again by itself. Main thread only.
 *
 * A connection counts until its last reference is gone, so whoever keeps it keeps its place.
 * Descriptors are moved above those that select() of libmodbus can take.
 *
 * Signals:
 * - "accepted" (GSocketConnection *connection)
 */
typedef struct {
  guint
    max_connections;  /* or what the descriptors of the process allow; an eighth is for loopback */
  guint max_per_peer; /* per IPv4 address or IPv6 /64; loopback and unix sockets are exempt */
} PhaetonAcceptorLimits;

PhaetonAcceptor *phaeton_acceptor_new (const PhaetonAcceptorLimits *limits);

/* @port 0: any free one, see phaeton_acceptor_get_port() */
gboolean phaeton_acceptor_listen_tcp (PhaetonAcceptor *self, GInetAddress *address, guint16 port,
                                      GError **error);

/* 0600; a socket that a dead process left is replaced, one that answers is an error */
gboolean phaeton_acceptor_listen_unix (PhaetonAcceptor *self, const char *path, GError **error);

/* 0: none */
guint16 phaeton_acceptor_get_port (PhaetonAcceptor *self);

guint phaeton_acceptor_get_n_connections (PhaetonAcceptor *self);

/* closes the listening socket and removes its path; connections live on */
void phaeton_acceptor_stop (PhaetonAcceptor *self);

/* lets this process have as many descriptors as the system allows it, 65536 at most; without it
 * they cannot be moved out of the way of select() */
void phaeton_acceptor_raise_fd_limit (void);

G_END_DECLS
