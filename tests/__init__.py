"""The tests of Laps; docs say what each folder is for."""
