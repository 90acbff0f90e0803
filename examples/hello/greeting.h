#ifndef GREETING_H
#define GREETING_H

#include <stddef.h>

/* Writes a greeting of `name` (NULL or empty: of the world), from a program
 * built for `target`, to `line`. Returns its length, or -1 when `size` bytes
 * do not hold it. */
int greeting(char *line, size_t size, const char *name, const char *target);

#endif
