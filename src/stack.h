/* SPDX-License-Identifier: MIT */
#ifndef STACK_H
#define STACK_H
/*
 * stack.h - make and unmake a whole net; for the daemon, the embedding API and tests of whole walks
 */
#include "core/net.h"

/**
 * net_create() - a net with every room initialised and lo up as 127.0.0.1/8
 * @cfg:	the machine below it
 * @err:	reason on failure, may be NULL
 *
 * The calling thread becomes the control thread (RTNL) and must be outside every vCPU.
 * Return: the net, or NULL; nothing is left behind then.
 */
struct net *net_create(const struct machine_config *cfg, struct extack *err);

/**
 * net_destroy() - close what is left, undo all rooms in reverse, free
 *
 * RTNL, no thread inside a vCPU. Sockets and own devices that the caller made must be gone.
 * Return: objects still alive (leaks); each is named in the log.
 */
unsigned long net_destroy(struct net *net);

#endif
