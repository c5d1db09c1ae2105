/* SPDX-License-Identifier: Apache-2.0 */
/* The one channel of the guests that measure sends, as the driver describes it. */
#ifndef BENCH_CHAN_H
#define BENCH_CHAN_H

#define BENCH_RING 131072u /* bytes of data: twice the longest message */
#define BENCH_END  0u	   /* number of the channel's end in either guest */
#define BENCH_BELL 0xe1u   /* vector of the receiver's doorbell */

#endif
