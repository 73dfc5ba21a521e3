"""The practice room: lessons in the browser, on this machine."""
