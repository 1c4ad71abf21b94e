#include <stdio.h>

#include "count.h"
#include "greeting.h"

int main(int argc, char **argv)
{
	puts(greeting());
	for (int i = 1; i < argc; i++)
		printf("%s has %d letters\n", argv[i], letters(argv[i]));
	return 0;
}
