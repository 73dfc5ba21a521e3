"""The stores that the simulation runs on."""

from tests.stores import (  # noqa: F401 - fixtures
    empty_postgresql,
    place,
    postgresql_place,
    postgresql_server,
    sqlite_place,
    town,
)
