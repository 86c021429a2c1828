"""How a load went on: its rate part by part, and the slope of the line through it."""

PART_SECONDS = 60
PARTS_LEAST = 2
PARTS_OF_SHORT = 10


def parts(points):
    """Seconds of a part, and the mean rate of each whole one: minutes, or tenths of what is
    shorter than two. Points are told by their ends."""
    length = points[-1]["seconds"]
    each = PART_SECONDS if length >= PARTS_LEAST * PART_SECONDS else length / PARTS_OF_SHORT
    rates = {}
    for point in points:
        at = int((point["seconds"] - 1e-6) / each)
        rates.setdefault(at, []).append(point["messages_per_second"])
    whole = int(length / each + 1e-6)
    return each, [sum(of) / len(of) for at, of in sorted(rates.items()) if at < whole]


def slope(points):
    """By least squares: messages a second, each second. Zero where there is but one point."""
    count = len(points)
    middle = sum(point["seconds"] for point in points) / count
    mean = sum(point["messages_per_second"] for point in points) / count
    spread = sum((point["seconds"] - middle) ** 2 for point in points)
    if spread == 0:
        return 0
    return sum((point["seconds"] - middle) * (point["messages_per_second"] - mean)
               for point in points) / spread


def told(points):
    """One line."""
    each, rates = parts(points)
    mean = sum(point["messages_per_second"] for point in points) / len(points)
    minute = slope(points) * 60
    share = f" ({minute / mean:+.2%} of the mean)" if mean > 0 else ""
    return (f"messages/s of each {each:g} s: {', '.join(f'{rate:,.0f}' for rate in rates)}; "
            f"slope {minute:+,.0f} messages/s a minute{share}")
