/* Greets whoever is asked for, and says what it was built for. */
#include "greeting.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    char line[256];

    if (greeting(line, sizeof line, argc > 1 ? argv[1] : NULL, MF_TARGET) < 0) {
        fprintf(stderr, "hello: that name is too long\n");
        return 1;
    }
    return puts(line) == EOF;
}
