"""Eight weeks of a whole organization on a virtual clock, with faults; laws hold for every message."""
