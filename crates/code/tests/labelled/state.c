#include <stdint.h>

typedef enum { IDLE, BUSY } state_t;

static const uint8_t table[4] = { 1, 2, 3, 4 };
int a, *b;

#ifdef DEBUG
int debug_level = 1;
#endif

uint32_t *
long_name(
    uint32_t x)
{
    for (int i = 0; i < 4; i++) { x += table[i]; }
    return 0;
}
