"""A stand-in Canvas in memory: for the demo, training and tests. It shares no code with the client."""

from .big import big_university
from .demo import demo_university
from .faults import Fault
from .server import Standin
from .small import SMALL_NOW, small_university
from .university import University

__all__ = [
    "SMALL_NOW",
    "Fault",
    "Standin",
    "University",
    "big_university",
    "demo_university",
    "small_university",
]
