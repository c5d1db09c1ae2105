/* Sample: no licence line. */
int sample;
