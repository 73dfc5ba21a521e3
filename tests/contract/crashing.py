"""A process that changes learners as fast as it can and says what was acknowledged, until it is killed."""

import asyncio
import sys
from dataclasses import replace

from bot.model import Changes, Learner, Session
from tests.stores import Clock, Place, Town

CLIENTS = 16


async def press(town: Town, learner: Learner, session: Session, number: int) -> None:
    """Change one learner again and again, each time with everything that a change can carry."""
    while True:
        name = f"{number}-{learner.version}"
        await town.store.apply(
            Changes(
                incoming=(town.workspace.id, name),
                learner=replace(learner, confidence=learner.version),
                sessions=(replace(session, version=learner.version + 1),),
                events=tuple(town.event(learner, id=f"{name}/{n}") for n in range(3)),
                deliveries=(town.delivery(name, key=name, conversation=name),),
            )
        )
        learner = replace(learner, version=learner.version + 1)
        print(name, flush=True)


async def main(url: str) -> None:
    """Press with many learners at once."""
    clock = Clock()
    town = await Town.found(await Place(url, clock).open(), clock)
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            learner = await town.move_in(f"U{number}", confidence=0)
            group.create_task(press(town, learner, town.session(learner), number))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
