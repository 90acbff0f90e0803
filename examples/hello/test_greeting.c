/* Tests of the greeting: one line each, and the number of failures is the
 * exit status. */
#include "greeting.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void expect(const char *what, int ok)
{
    printf("%s - %s\n", ok ? "ok" : "FAILED", what);
    failures += !ok;
}

int main(void)
{
    const char *world = "Hello, world! Fresh from the farm, built for el6-x86_64.";
    char line[128], tiny[8];

    expect("greets the world", greeting(line, sizeof line, NULL, "el6-x86_64") > 0
        && strcmp(line, world) == 0);
    expect("an empty name is the world", greeting(line, sizeof line, "", "el6-x86_64") > 0
        && strcmp(line, world) == 0);
    expect("greets by name", greeting(line, sizeof line, "Ada", "here") > 0
        && strncmp(line, "Hello, Ada!", 11) == 0);
    expect("names the target", strstr(line, "built for here.") != NULL);
    expect("says when there is no room", greeting(tiny, sizeof tiny, "Ada", "here") == -1);
    return failures;
}
