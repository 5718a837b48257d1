"""The domain of Vantrexia: patients, their protection, and proof about both.

Pure by contract: standard library and attrs only, no input or output, no clock, no randomness. Everything
the domain needs from the world is a ``Protocol`` in a context's ``ports.py``; adapters keep the promise.
Contexts form a river and import only upstream, through each other's front door::

    kernel → audit → protection → identity → patients → ehr
"""
