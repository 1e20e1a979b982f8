/* SPDX-License-Identifier: MIT */
/*
 * wheel.h - a hierarchical timing wheel: many timers, cheap to set and to cancel.
 *
 * Eleven levels of 64 slots; a slot of level n is 64^n jiffies wide. A timer lies at the level of
 * the highest base-64 digit in which its deadline differs from the wheel's time, and moves down
 * when that digit's turn comes. So there is NO ROUNDING: a timer runs in the wheel_advance() that
 * reaches its deadline, never before, whatever the delay (Linux rounds long delays up by up to
 * 1/8). Timers run in the order of their deadlines; equal deadlines in the order of arming.
 * A deadline that is not in the future counts as the next jiffy: a timer that arms itself for
 * "now" runs in the next advance of time, not in an endless loop.
 *
 * Units are jiffies, and may wrap. Nothing is allocated: struct timer_list lies in its user, who
 * must cancel it before the memory goes. Thread: the owner of the wheel only; no lock.
 * Mirrors: kernel/time/timer.c.
 */
#ifndef GN_LIB_WHEEL_H
#define GN_LIB_WHEEL_H

#include "lib/bug.h"
#include "lib/list.h"

#define WHEEL_BITS	6
#define WHEEL_SLOTS	(1 << WHEEL_BITS)
#define WHEEL_LEVELS	11

struct wheel;

/**
 * struct timer_list - one timer
 * @entry: in a slot; empty ring when not pending
 * @expires: deadline as it was asked for, jiffies
 * @function: runs once for each arming, with the timer not pending: it may arm or free it
 * @wheel: where it is pending
 * @when: deadline in the wheel's own count
 * @slot: level * WHEEL_SLOTS + slot
 */
struct timer_list {
	struct list_head entry;
	unsigned long expires;
	void (*function)(struct timer_list *timer);
	struct wheel *wheel;
	uint64_t when;
	uint32_t slot;
};

/**
 * struct wheel - timers of one CPU
 * @clk: own count of jiffies, starts at 0, never wraps
 * @now: jiffies of the last wheel_advance()
 * @pending: timers in it
 * @next_when: earliest deadline, when @next_valid
 * @next_valid: @next_when is known
 * @busy: a bit a slot, for each level
 * @due: timers of the jiffy being run
 * @slots: rings of timers
 */
struct wheel {
	uint64_t clk;
	unsigned long now;
	unsigned long pending;
	uint64_t next_when;
	bool next_valid;
	uint64_t busy[WHEEL_LEVELS];
	struct list_head due;
	struct list_head slots[WHEEL_LEVELS * WHEEL_SLOTS];
};

/** wheel_init() - an empty wheel that stands at @now */
void wheel_init(struct wheel *w, unsigned long now);

/** timer_setup() - prepare a timer that is not pending; @flags: 0, there are none */
static __always_inline void timer_setup(struct timer_list *timer,
					void (*fn)(struct timer_list *timer), unsigned int flags)
{
	BUG_ON(flags);
	INIT_LIST_HEAD(&timer->entry);
	timer->function = fn;
	timer->wheel = NULL;
	timer->expires = 0;
}

/** from_timer() - the struct around a timer: struct foo *f = from_timer(f, timer, member) */
#define from_timer(var, timer_arg, member) container_of(timer_arg, __typeof__(*(var)), member)

/** wheel_timer_pending() - armed and not yet run */
static __always_inline bool wheel_timer_pending(const struct timer_list *timer)
{
	return !list_empty(&timer->entry);
}

/** wheel_add() - arm @timer, which is not pending, for timer->expires */
void wheel_add(struct wheel *w, struct timer_list *timer);
/**
 * wheel_mod() - arm @timer for @expires, whether pending or not
 * @w: the wheel; a timer that is pending must be pending here
 * Return: true when it was pending
 */
bool wheel_mod(struct wheel *w, struct timer_list *timer, unsigned long expires);
/** wheel_del() - cancel; true when it was pending. A timer not pending is left alone */
bool wheel_del(struct timer_list *timer);
/**
 * wheel_advance() - move to @now and run what is due, in order
 * @w: the wheel
 * @now: jiffies; not before the last call's, else nothing happens
 * Return: number of timers run
 */
unsigned int wheel_advance(struct wheel *w, unsigned long now);
/**
 * wheel_next() - the next deadline
 * @w: the wheel
 * @ret_expires: when to call wheel_advance() next. Exact, or early (never late) where more than
 * 64 timers share a wide slot: then the call finds nothing due and the next answer is finer
 * Return: false when no timer is pending
 */
bool wheel_next(struct wheel *w, unsigned long *ret_expires);

#endif
