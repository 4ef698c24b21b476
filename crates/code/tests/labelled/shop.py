"""A shop."""
import os, sys as system
from collections.abc import Iterable

MAX_ITEMS = 10
_cache = {}
price: float = 1.0

def outer(x):
    """Doc."""
    local = 1
    def inner():
        return local
    return inner

async def fetch(url: str) -> bytes:
    ...

class Item(object):
    """An item."""
    LIMIT = 3
    name: str = ""

    def __init__(self, name):
        self.name = name

    @property
    def label(self):
        return self.name

    class Meta:
        ordering = ["name"]

@decorated
@twice(1)
def wrapped():
    pass

if MAX_ITEMS:
    conditional = 1

lambda_value = lambda x: x
a, b = 1, 2
