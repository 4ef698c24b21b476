from __future__ import annotations
from typing import Generic, TypeVar

T = TypeVar("T")
type Pair = tuple[int, int]

class Box(Generic[T]):
    def get(self) -> T: ...
    @staticmethod
    def make() -> "Box":
        return Box()
    async def wait(self):
        await self

class Empty: pass

def generic[U](x: U) -> U:
    return x

try:
    import json
except ImportError:
    json = None
