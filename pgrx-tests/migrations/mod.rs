mod discover;
