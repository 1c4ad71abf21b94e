#include <ctype.h>

#include "count.h"

int letters(const char *word)
{
	int n = 0;

	for (; *word; word++)
		n += isalpha((unsigned char)*word) != 0;
	return n;
}
