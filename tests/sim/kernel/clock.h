/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual time. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#define HZ			250
#define MSEC_PER_SEC		1000L
#define USEC_PER_SEC		1000000L
#define USEC_PER_MSEC		1000L
#define NSEC_PER_USEC		1000L
#define NSEC_PER_MSEC		1000000L
#define NSEC_PER_SEC		1000000000L
#define TICK_NSEC		(NSEC_PER_SEC / HZ)

typedef s64 ktime_t;
typedef s64 time64_t;

/* In ns since the run began; jiffies wrap soon after that. */
extern u64 sim_now;
#define INITIAL_JIFFIES		(-2500UL)
#define jiffies			((unsigned long)(INITIAL_JIFFIES + sim_now / TICK_NSEC))
#define get_jiffies_64()	((u64)jiffies)

#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)
#define time_in_range(a, b, c)	(time_after_eq(a, b) && time_before_eq(a, c))
#define msecs_to_jiffies(m)	((unsigned long)DIV_ROUND_UP((u64)(m) * HZ, 1000))
#define secs_to_jiffies(s)	((unsigned long)(s) * HZ)
#define jiffies_to_msecs(j)	((unsigned int)((j) * (1000 / HZ)))
#define usecs_to_jiffies(u)	((unsigned long)DIV_ROUND_UP((u64)(u) * HZ, 1000000))
#define nsecs_to_jiffies(n)	((unsigned long)((n) / TICK_NSEC))
#define nsecs_to_jiffies64(n)	((u64)(n) / TICK_NSEC)
#define jiffies_to_nsecs(j)	((u64)(j) * TICK_NSEC)
#define jiffies64_to_nsecs(j)	((u64)(j) * TICK_NSEC)
#define round_jiffies_relative(j) (j)
#define round_jiffies_up_relative(j) (j)

#define ktime_get()		((ktime_t)sim_now)
#define ktime_get_ns()		((u64)sim_now)
#define ktime_get_coarse_ns()	((u64)(sim_now / TICK_NSEC * TICK_NSEC))
#define local_clock()		((u64)sim_now)
#define ktime_get_seconds()	((time64_t)(sim_now / NSEC_PER_SEC))
#define ktime_get_boottime_seconds() ktime_get_seconds()
#define ktime_get_boottime_ns()	((u64)sim_now)
#define ktime_get_real_seconds() (ktime_get_seconds() + 1000000000)
#define ktime_sub(a, b)		((a) - (b))
#define ktime_add(a, b)		((a) + (b))
#define ktime_add_ns(a, n)	((a) + (n))
#define ktime_to_ns(a)		((s64)(a))
#define ktime_to_ms(a)		((s64)(a) / NSEC_PER_MSEC)
#define ktime_to_us(a)		((s64)(a) / NSEC_PER_USEC)
#define ktime_ms_delta(a, b)	ktime_to_ms((a) - (b))
#define ktime_us_delta(a, b)	ktime_to_us((a) - (b))
#define ktime_before(a, b)	((a) < (b))
#define ktime_after(a, b)	((a) > (b))

void msleep(unsigned int ms);
void usleep_range(unsigned long least, unsigned long most);
long schedule_timeout_uninterruptible(long timeout);
#define schedule_timeout_interruptible(t) schedule_timeout_uninterruptible(t)
#define schedule_timeout_killable(t) schedule_timeout_uninterruptible(t)
#define schedule_timeout_idle(t) schedule_timeout_uninterruptible(t)
#define io_schedule_timeout(t)	schedule_timeout_uninterruptible(t)
#define ndelay(n)		((void)(sim_now += (n)))
#define udelay(n)		((void)(sim_now += 1000ULL * (n)))

#endif /* SIM_CLOCK_H */
