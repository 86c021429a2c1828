"""Offsets that Kafka's clients committed inside transactions survive a stay with us."""
import shutil
import time

from cases_takeover import Kafka
from group_messages import OFFSET_COMMIT, OFFSET_FETCH
from messages import Api, FIND_COORDINATOR, INIT_PRODUCER_ID, create_topic
from wire import api_versions

ONCE = {"test_offsets_of_transactions_survive_a_stay",
        "test_offsets_of_transactions_survive_kafkas_crash"}
LONG_ONLY = {"test_offsets_of_transactions_survive_kafkas_crash"}

SETTINGS = """offsets.topic.num.partitions=3
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""
WAIT = {14, 15, 16, 51}  # loading, no coordinator yet, the last transaction still ends
UNSTABLE = 88

ADD_OFFSETS = Api(25, 3, range(0, 5), """
    transactional_id:str producer_id:i64 producer_epoch:i16 group:str""", """
    throttle_time_ms:i32 error:i16""")

END_TXN = Api(26, 3, range(0, 5), """
    transactional_id:str producer_id:i64 producer_epoch:i16 committed:bool""", """
    throttle_time_ms:i32 error:i16""")

TXN_OFFSET_COMMIT = Api(28, 3, range(0, 5), """
    transactional_id:str group:str producer_id:i64 producer_epoch:i16 generation/3+:i32=-1
    member/3+:str instance/3+:str=null
    topics:[ name:str partitions:[ index:i32 offset:i64 epoch/2+:i32=-1 metadata:str=null ] ]""",
                        """
    throttle_time_ms:i32 topics:[ name:str partitions:[ index:i32 error:i16 ] ]""")


def until(question, error):
    """The first answer that is not a request to wait."""
    deadline = time.monotonic() + 30
    while True:
        got = question()
        if error(got) not in WAIT or time.monotonic() > deadline:
            assert error(got) == 0, got
            return got
        time.sleep(0.05)


def find_coordinator(where, key, kind):
    """Kafka makes the topic of a kind of coordinators when it is asked for the first one."""
    until(lambda: FIND_COORDINATOR.ask(where, 3, key=key, key_type=kind),
          lambda got: got["error"])


def plain(where, group, index, offset):
    until(lambda: OFFSET_COMMIT.ask(where, 8, group=group, topics=[
        {"name": "t", "partitions": [{"index": index, "offset": offset, "metadata": "plain"}]}]),
          lambda got: got["topics"][0]["partitions"][0]["error"])


class Producer:
    """Of transactions of offsets alone."""

    def __init__(self, where, name):
        self.where, self.name = where, name
        find_coordinator(where, name, 1)
        got = until(lambda: INIT_PRODUCER_ID.ask(where, 4, transactional_id=name,
                                                 timeout_ms=900000), lambda got: got["error"])
        self.id, self.epoch = got["producer_id"], got["producer_epoch"]

    def ask(self, api, version, error, **fields):
        return until(lambda: api.ask(self.where, version, transactional_id=self.name,
                                     producer_id=self.id, producer_epoch=self.epoch, **fields),
                     error)

    def commit(self, group, index, offset):
        self.ask(ADD_OFFSETS, 3, lambda got: got["error"], group=group)
        self.ask(TXN_OFFSET_COMMIT, 3, lambda got: got["topics"][0]["partitions"][0]["error"],
                 group=group, topics=[{"name": "t", "partitions": [
                     {"index": index, "offset": offset, "metadata": self.name}]}])

    def end(self, committed):
        self.ask(END_TXN, 3, lambda got: got["error"], committed=committed)


def fill(kafka):
    """The producer that stays open."""
    create_topic(kafka, "t", 6)
    find_coordinator(kafka, "g", 0)
    plain(kafka, "g", 0, 41)
    done = Producer(kafka, "done")
    for index in 0, 1, 0:
        done.commit("g", index, 42)
    done.end(True)
    done.commit("h", 0, 43)
    done.end(True)
    gone = Producer(kafka, "gone")
    gone.commit("g", 0, 99)
    gone.commit("g", 2, 99)
    gone.end(False)
    late = Producer(kafka, "late")
    late.commit("g", 3, 10)
    plain(kafka, "g", 3, 20)
    late.end(True)
    still = Producer(kafka, "open")
    still.commit("g", 1, 77)
    still.commit("h", 4, 78)
    still.commit("alone", 0, 79)
    return still


def offsets(where):
    """Everything that is told of the groups, whether it has to be stable or not."""
    found = {}
    for stable in False, True:
        for topics in None, [{"name": "t", "partitions": list(range(6))}]:
            got = until(lambda: OFFSET_FETCH.ask(where, 8, stable=stable, groups=[
                {"group": group, "topics": topics} for group in ("g", "h", "alone")]),
                        lambda got: max(group["error"] for group in got["groups"]))
            for group in got["groups"]:
                for topic in group["topics"]:
                    for p in topic["partitions"]:
                        found[stable, topics is None, group["group"], p["index"]] = (
                            p["offset"], p["metadata"], p["error"])
    return found


def settled(where):
    """The same when no transaction is open any more: markers come behind the answer."""
    deadline = time.monotonic() + 30
    while any(error for _, _, error in offsets(where).values()):
        assert time.monotonic() < deadline, offsets(where)
        time.sleep(0.05)
    return offsets(where)


def kafka_of(broker):
    broker.stop()
    shutil.rmtree(broker.data)
    kafka = Kafka(broker)
    kafka.path.write_text(kafka.path.read_text() + SETTINGS)
    return kafka.format()


def check_same(where, told):
    found = offsets(where)
    wrong = {key: (found.get(key), told.get(key)) for key in found.keys() | told.keys()
             if found.get(key) != told.get(key)}
    assert not wrong, wrong


def check_told(told):
    """That there is something to lose."""
    assert told[False, False, "g", 0] == (42, "done", 0), told
    assert told[False, False, "g", 3] == (20, "plain", 0), "the later one, not the marker's"
    assert told[False, False, "g", 1] == (42, "done", 0)
    assert told[True, False, "g", 1] == (-1, "", UNSTABLE)
    assert told[True, False, "alone", 0] == (-1, "", UNSTABLE)
    assert (True, True, "alone", 0) not in told


def test_offsets_of_transactions_survive_a_stay(broker):
    kafka = kafka_of(broker)
    with kafka.start():
        still = fill(kafka)
        told = offsets(kafka)
    check_told(told)
    broker.start()
    assert 28 not in api_versions(broker.port), "nobody could have begun one"
    check_same(broker, told)
    assert "cannot" not in broker.text(), broker.text()
    broker.kill()
    broker.start()
    check_same(broker, told)
    plain(broker, "h", 5, 21)
    broker.stop()
    with kafka.start():
        still.end(True)
        told = settled(kafka)
    assert told[True, False, "g", 1] == (77, "open", 0), told
    assert told[True, False, "h", 5] == (21, "plain", 0)
    broker.start()
    check_same(broker, told)


def test_offsets_of_transactions_survive_kafkas_crash(broker):
    kafka = kafka_of(broker).start()
    try:
        fill(kafka)
        told = offsets(kafka)
    finally:
        kafka.process.kill()
        kafka.process.wait(20)
    check_told(told)
    broker.start()
    check_same(broker, told)
    broker.stop()
    with kafka.start():
        check_same(kafka, told)
