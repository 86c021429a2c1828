"""What the simulator's clients found about the limits of a fetch."""
from wire import produce, produce_batch
from wire_fetch import Client, Want

SMALL = 170
LARGE = 1070
ONCE = ["test_a_large_first_batch_leaves_no_room_for_others"]


def test_a_large_first_batch_leaves_no_room_for_others(broker):
    """It comes whole beyond max_bytes; what others brought meanwhile would be too much."""
    with Client(broker) as c:
        c.create("room", 2)
        assert produce(broker, "room", produce_batch(b"y" * 1000), partition=0)[0] == 0
        for _ in range(5):
            assert produce(broker, "room", produce_batch(b"x" * 100), partition=1)[0] == 0

        def sizes(max_bytes):
            wants = [Want("room", 0, max_bytes=2 * SMALL), Want("room", 1)]
            parts = c.fetch(12, wants, max_bytes=max_bytes).parts
            return [len(part.records) for part in parts]

        large = sizes(10000)[0]
        assert LARGE <= large < LARGE + 10, large
        assert sizes(4 * SMALL) == [large, 0]
        assert sizes(large + 5 * SMALL) == [large, 5 * SMALL]
