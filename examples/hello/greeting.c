#include "greeting.h"

#include <stdio.h>

int greeting(char *line, size_t size, const char *name, const char *target)
{
    int length;

    if (name == NULL || *name == '\0')
        name = "world";
    length = snprintf(line, size, "Hello, %s! Fresh from the farm, built for %s.", name, target);
    return length < 0 || (size_t)length >= size ? -1 : length;
}
