"""What the garbage collector looks at."""

import gc


def spare_what_stays() -> None:
    """Keep the collector from looking again and again at what lives as long as the process.

    Modules, tables and compiled statements are some hundred thousand objects. Whoever makes many objects,
    records above all, makes the collector walk over all of them time after time: a third of an export's CPU,
    measured. Call it once, when everything is built.
    """
    gc.collect()
    gc.freeze()
