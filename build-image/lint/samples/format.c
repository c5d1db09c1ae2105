/* SPDX-License-Identifier: Apache-2.0 */
/* Sample: white space nobody agreed on. */
int sample( int x ){ return x ; }
