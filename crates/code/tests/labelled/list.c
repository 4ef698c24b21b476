#include <stdio.h>
#include "list.h"

#define MAX 10
#define SQUARE(x) ((x) * (x))

typedef unsigned long size_type;
typedef struct node {
    int value;
    struct node *next;
} node_t;

enum color { RED, GREEN = 2 };

union number { int i; float f; };

static int counter = 0;
extern const char *names[];
int (*callback)(int);

int add(int a, int b);

static node_t *push(node_t *head, int value) {
    int local = value;
    struct node *fresh = 0;
    return fresh;
}

int main(void) {
    printf("%d\n", MAX);
    return 0;
}
