#include "agent.h"

u32 length_of(const char *text) {
  u32 length = 0;
  while (text[length]) length++;
  return length;
}

int equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

int starts_with(const char *text, const char *prefix) {
  while (*prefix && *text == *prefix) text++, prefix++;
  return *prefix == 0;
}

void copy(void *to, const void *from, u32 bytes) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

void clear(void *at, u32 bytes) {
  u8 *to = at;
  while (bytes--) *to++ = 0;
}

int number_in(const char *text, const char **end) {
  u32 number = 0;
  if (*text < '0' || *text > '9') return -1;
  while (*text >= '0' && *text <= '9') {
    if (number > 200000000) return -1;
    number = number * 10 + (u32)(*text++ - '0');
  }
  *end = text;
  return (int)number;
}

int append(char *text, u32 capacity, const char *more) {
  u32 length = length_of(text), added = length_of(more);
  if (length + added + 1 > capacity) return -1;
  copy(text + length, more, added + 1);
  return 0;
}

int append_number(char *text, u32 capacity, u32 number) {
  char digits[11];
  int at = 10;
  digits[10] = 0;
  do digits[--at] = (char)('0' + number % 10);
  while (number /= 10);
  return append(text, capacity, digits + at);
}
