int letters(const char *word);
