// SPDX-License-Identifier: MIT
/*
 * wheel.c - the timing wheel: where a timer lies, and how time moves.
 *
 * Called by kernel/timer.c: arming from anywhere on the CPU, wheel_advance() from the TIMER
 * softirq. Owns the rings, never the timers. Why no order is lost: timers with the same deadline
 * always lie in the same slot, whatever the time they were armed at, and a slot moves down as a
 * whole and from its head. Why each busy slot lies ahead: a slot is emptied when its turn comes,
 * and time never passes a turn without taking it. Mirrors kernel/time/timer.c.
 */
#include "lib/wheel.h"

/* Timers of a wide slot that wheel_next() looks at before it settles for the slot's start. */
#define WHEEL_SCAN	64
/* timer->slot of one that wheel_advance() is about to run: it lies on wheel->due. */
#define WHEEL_DUE	UINT32_MAX

static void wheel_enqueue(struct wheel *w, struct timer_list *timer);
static void wheel_detach(struct wheel *w, struct timer_list *timer);
static bool wheel_first_slot(const struct wheel *w, unsigned int *ret_slot, uint64_t *ret_start);
static void wheel_cascade(struct wheel *w, unsigned int slot);
static unsigned int wheel_run_slot(struct wheel *w, unsigned int slot);

void wheel_init(struct wheel *w, unsigned long now)
{
	w->clk = 0;
	w->now = now;
	w->pending = 0;
	w->next_when = 0;
	w->next_valid = false;
	INIT_LIST_HEAD(&w->due);
	for (int i = 0; i < WHEEL_LEVELS; i++)
		w->busy[i] = 0;
	for (int i = 0; i < WHEEL_LEVELS * WHEEL_SLOTS; i++)
		INIT_LIST_HEAD(&w->slots[i]);
}

void wheel_add(struct wheel *w, struct timer_list *timer)
{
	long delay = (long)(timer->expires - w->now);

	BUG_ON(wheel_timer_pending(timer));
	timer->wheel = w;
	timer->when = w->clk + (delay > 0 ? (unsigned long)delay : 1);
	wheel_enqueue(w, timer);
	w->pending++;
	if (w->next_valid && (w->pending == 1 || timer->when < w->next_when))
		w->next_when = timer->when;
}

/* The slot of the highest base-64 digit in which deadline and clock differ. */
static void wheel_enqueue(struct wheel *w, struct timer_list *timer)
{
	unsigned int level = 0, digit;
	uint64_t differs = timer->when ^ w->clk;

	if (differs)
		level = (unsigned int)ilog2(differs) / WHEEL_BITS;
	digit = (timer->when >> (level * WHEEL_BITS)) & (WHEEL_SLOTS - 1);
	timer->slot = level * WHEEL_SLOTS + digit;
	w->busy[level] |= (uint64_t)1 << digit;
	list_add_tail(&timer->entry, &w->slots[timer->slot]);
}

bool wheel_mod(struct wheel *w, struct timer_list *timer, unsigned long expires)
{
	bool pending = wheel_timer_pending(timer);

	if (pending) {
		BUG_ON(timer->wheel != w);
		if (timer->expires == expires && timer->slot != WHEEL_DUE &&
		    (long)(expires - w->now) > 0)
			return true;
		wheel_detach(w, timer);
	}
	timer->expires = expires;
	wheel_add(w, timer);
	return pending;
}

bool wheel_del(struct timer_list *timer)
{
	if (!wheel_timer_pending(timer))
		return false;
	wheel_detach(timer->wheel, timer);
	return true;
}

static void wheel_detach(struct wheel *w, struct timer_list *timer)
{
	uint32_t slot = timer->slot;

	list_del_init(&timer->entry);
	if (slot != WHEEL_DUE && list_empty(&w->slots[slot]))
		w->busy[slot / WHEEL_SLOTS] &= ~((uint64_t)1 << slot % WHEEL_SLOTS);
	w->pending--;
	if (timer->when == w->next_when)
		w->next_valid = false;
}

unsigned int wheel_advance(struct wheel *w, unsigned long now)
{
	long step = (long)(now - w->now);
	unsigned int ran = 0, slot;
	uint64_t end, start;

	if (step <= 0)
		return 0;
	end = w->clk + (unsigned long)step;
	while (wheel_first_slot(w, &slot, &start) && start <= end) {
		w->now += (unsigned long)(start - w->clk);
		w->clk = start;
		if (slot < WHEEL_SLOTS)
			ran += wheel_run_slot(w, slot);
		else
			wheel_cascade(w, slot);
	}
	w->clk = end;
	w->now = now;
	return ran;
}

/*
 * The busy slot whose turn comes first, and when. All busy slots of a level lie in the same
 * round as the clock and after its digit, so that is the lowest bit of the lowest level.
 */
static bool wheel_first_slot(const struct wheel *w, unsigned int *ret_slot, uint64_t *ret_start)
{
	for (unsigned int level = 0; level < WHEEL_LEVELS; level++) {
		unsigned int digit, shift = level * WHEEL_BITS;
		uint64_t round;

		if (!w->busy[level])
			continue;
		digit = (unsigned int)__builtin_ctzll(w->busy[level]);
		round = shift + WHEEL_BITS < 64 ?
			w->clk >> (shift + WHEEL_BITS) << (shift + WHEEL_BITS) : 0;
		*ret_slot = level * WHEEL_SLOTS + digit;
		*ret_start = round + ((uint64_t)digit << shift);
		return true;
	}
	return false;
}

/* A wide slot's turn: its timers move to lower levels, in order. */
static void wheel_cascade(struct wheel *w, unsigned int slot)
{
	struct timer_list *timer, *next;
	LIST_HEAD(moving);

	list_splice_init(&w->slots[slot], &moving);
	w->busy[slot / WHEEL_SLOTS] &= ~((uint64_t)1 << slot % WHEEL_SLOTS);
	w->next_valid = false;
	list_for_each_entry_safe(timer, next, &moving, entry)
		wheel_enqueue(w, timer);
}

/* A jiffy's turn. A function may cancel what is still on the list, and arm anything for later. */
static unsigned int wheel_run_slot(struct wheel *w, unsigned int slot)
{
	struct timer_list *timer;
	unsigned int ran = 0;

	list_splice_init(&w->slots[slot], &w->due);
	w->busy[0] &= ~((uint64_t)1 << slot);
	list_for_each_entry(timer, &w->due, entry)
		timer->slot = WHEEL_DUE;
	while (!list_empty(&w->due)) {
		timer = list_first_entry(&w->due, struct timer_list, entry);
		wheel_detach(w, timer);
		timer->function(timer);
		ran++;
	}
	w->next_valid = false;
	return ran;
}

bool wheel_next(struct wheel *w, unsigned long *ret_expires)
{
	unsigned int slot, looked = 0;
	struct timer_list *timer;
	uint64_t start;

	if (!w->pending)
		return false;
	if (!w->next_valid) {
		if (!wheel_first_slot(w, &slot, &start))
			return false;
		w->next_when = UINT64_MAX;
		list_for_each_entry(timer, &w->slots[slot], entry) {
			if (slot >= WHEEL_SLOTS && ++looked > WHEEL_SCAN) {
				w->next_when = start;
				break;
			}
			w->next_when = min(w->next_when, timer->when);
			if (slot < WHEEL_SLOTS)
				break;
		}
		w->next_valid = true;
	}
	*ret_expires = w->now + (unsigned long)(w->next_when - w->clk);
	return true;
}
