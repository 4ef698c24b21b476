#ifndef LIST_H
#define LIST_H

struct forward;

typedef int (*compare_fn)(const void *a, const void *b);

struct config {
    char name[32];
    unsigned flags : 3;
    int (*open)(struct config *self);
};

void sort(int *items, int count, compare_fn compare);
char *dup(const char *text);
static inline int min(int a, int b) { return a < b ? a : b; }

#endif
