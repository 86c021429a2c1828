"""Kafka's requests and responses as dictionaries, in every version: written for the tests alone, so
that the broker's own rows have somebody to disagree with.

A schema is one text. `name:type` is a field of every version, `name/3+:type` and `name/0-12:type`
say its versions, `=value` its default in requests. Types are bool, i8, i16, i32, i64, str, bytes,
uuid, `[type]`, `[ fields ]` for an array of structures and `{ fields }` for a nullable structure.
None is null. Tagged fields are bytes by their number under "tags".
"""
import re
import socket
import struct

from wire import frame, receive

FIXED = {"bool": ">?", "i8": ">b", "i16": ">h", "u16": ">H", "i32": ">i", "i64": ">q"}


def uvarint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert 0 <= count <= len(self.data) - self.at, f"{count} bytes at {self.at}: {self.data!r}"
        self.at += count
        return self.data[self.at - count:self.at]

    def fixed(self, layout):
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def tags(self):
        found = {}
        for _ in range(self.uvarint()):
            number = self.uvarint()
            found[number] = self.take(self.uvarint())
        return found


class Array:
    def __init__(self, inner):
        self.inner = inner

    def encode(self, value, version, flexible):
        head = uvarint(len(value) + 1 if value is not None else 0) if flexible else struct.pack(
            ">i", len(value) if value is not None else -1)
        return head + b"".join(self.inner.encode(item, version, flexible) for item in value or ())

    def decode(self, reader, version, flexible):
        count = reader.uvarint() - 1 if flexible else reader.fixed(">i")
        if count < 0:
            return None
        return [self.inner.decode(reader, version, flexible) for _ in range(count)]


class Scalar:
    def __init__(self, name):
        self.name = name

    def encode(self, value, version, flexible):
        if self.name in FIXED:
            return struct.pack(FIXED[self.name], value)
        if self.name == "uuid":
            return value
        data = value.encode() if isinstance(value, str) else value
        size = len(data) if data is not None else -1
        if flexible:
            head = uvarint(size + 1)
        else:
            head = struct.pack(">h" if self.name == "str" else ">i", size)
        return head + (data or b"")

    def decode(self, reader, version, flexible):
        if self.name in FIXED:
            return reader.fixed(FIXED[self.name])
        if self.name == "uuid":
            return reader.take(16)
        size = (reader.uvarint() - 1 if flexible else
                reader.fixed(">h" if self.name == "str" else ">i"))
        data = reader.take(size) if size >= 0 else None
        return data.decode() if self.name == "str" and data is not None else data


ZERO = {"str": "", "bytes": b"", "uuid": bytes(16), "bool": False}


class Struct:
    def __init__(self, tokens, nullable):
        self.fields, self.nullable = [], nullable
        while tokens[0] not in "]}":
            match = re.fullmatch(r"(\w+)(?:/(\d+)(\+|-(\d+)))?:(\w*)(?:=(\S+))?", tokens.pop(0))
            name, low, kind, high, scalar, default = match.groups()
            if scalar:
                inner = Scalar(scalar)
                value = ZERO.get(scalar, 0)
                if default is not None:
                    value = None if default == "null" else eval(default)
            elif tokens[0] == "[":
                tokens.pop(0)
                single = len(tokens) > 1 and ":" not in tokens[0]
                inner = Array(Scalar(tokens.pop(0)) if single else Struct(tokens, False))
                tokens.pop(0)
                value = []
            else:
                tokens.pop(0)
                inner, value = Struct(tokens, True), None
                tokens.pop(0)
            last = 99 if kind is None or kind == "+" else int(high)
            self.fields.append((name, int(low or 0), last, inner, value))

    def encode(self, value, version, flexible):
        if self.nullable and value is None:
            return b"\xff"
        out = b"\x01" if self.nullable else b""
        known = {name for name, *_ in self.fields} | {"tags"}
        assert set(value) <= known, set(value) - known
        for name, low, last, inner, default in self.fields:
            if low <= version <= last:
                out += inner.encode(value.get(name, default), version, flexible)
        if flexible:
            tags = value.get("tags", {})
            out += uvarint(len(tags))
            for number, data in sorted(tags.items()):
                out += uvarint(number) + uvarint(len(data)) + data
        return out

    def decode(self, reader, version, flexible):
        if self.nullable and reader.fixed(">b") < 0:
            return None
        found = {name: inner.decode(reader, version, flexible)
                 for name, low, last, inner, _ in self.fields if low <= version <= last}
        if flexible:
            found["tags"] = reader.tags()
        return found


class Api:
    def __init__(self, key, flexible, versions, asked, answered):
        def parse(text):
            return Struct((re.sub(r":([\[{])", r": \1", text) + " ]").split(), False)
        self.key, self.flexible, self.versions = key, flexible, versions
        self.request, self.response = parse(asked), parse(answered)

    def body(self, version, fields):
        return self.request.encode(fields, version, version >= self.flexible)

    def frame(self, version, fields, correlation=1, tail=b""):
        return frame(self.key, version, self.body(version, fields) + tail, correlation,
                     flexible=version >= self.flexible)

    def parse(self, version, answer):
        """What an answer without its size says, every byte of it."""
        reader = Reader(answer)
        correlation = reader.fixed(">i")
        flexible = version >= self.flexible
        if flexible and self.key != 18:
            assert reader.tags() == {}
        found = self.response.decode(reader, version, flexible)
        assert reader.at == len(answer), f"{len(answer) - reader.at} bytes too many"
        found["correlation"] = correlation
        return found

    def ask(self, where, version, tail=b"", **fields):
        """`where`: a broker, or a connected socket. None when the connection closes instead."""
        if isinstance(where, socket.socket):
            where.sendall(self.frame(version, fields, tail=tail))
            answer = receive(where)
        else:
            with socket.create_connection(("127.0.0.1", where.port), timeout=20) as s:
                s.sendall(self.frame(version, fields, tail=tail))
                answer = receive(s)
        return self.parse(version, answer) if answer else None


PRODUCE = Api(0, 9, range(3, 14), """
    transactional_id:str=null acks:i16=-1 timeout_ms:i32=30000
    topics:[ name/0-12:str id/13+:uuid partitions:[ index:i32 records:bytes ] ]""", """
    topics:[ name/0-12:str id/13+:uuid
             partitions:[ index:i32 error:i16 base_offset:i64 log_append_time_ms:i64
                          log_start_offset/5+:i64
                          record_errors/8+:[ index:i32 message:str ] error_message/8+:str ] ]
    throttle_time_ms:i32""")

FETCH = Api(1, 12, range(4, 19), """
    replica_id/0-14:i32=-1 max_wait_ms:i32 min_bytes:i32 max_bytes:i32=0x7fffffff isolation:i8
    session_id/7+:i32 session_epoch/7+:i32=-1
    topics:[ name/0-12:str id/13+:uuid
             partitions:[ index:i32 current_leader_epoch/9+:i32=-1 offset:i64
                          last_fetched_epoch/12+:i32=-1 log_start_offset/5+:i64=-1
                          max_bytes:i32=1048576 ] ]
    forgotten/7+:[ name/7-12:str id/13+:uuid partitions:[ i32 ] ]
    rack/11+:str""", """
    throttle_time_ms:i32 error/7+:i16 session_id/7+:i32
    topics:[ name/0-12:str id/13+:uuid
             partitions:[ index:i32 error:i16 high_watermark:i64 last_stable_offset:i64
                          log_start_offset/5+:i64 aborted:[ producer_id:i64 first_offset:i64 ]
                          preferred_read_replica/11+:i32 records:bytes ] ]""")

LIST_OFFSETS = Api(2, 6, range(1, 12), """
    replica_id:i32=-1 isolation/2+:i8
    topics:[ name:str partitions:[ index:i32 current_leader_epoch/4+:i32=-1 timestamp:i64 ] ]
    timeout_ms/10+:i32=5000""", """
    throttle_time_ms/2+:i32
    topics:[ name:str partitions:[ index:i32 error:i16 timestamp:i64 offset:i64
                                   leader_epoch/4+:i32 ] ]""")

METADATA = Api(3, 9, range(0, 14), """
    topics:[ id/10+:uuid name:str ] allow_auto_topic_creation/4+:bool=True
    include_cluster_operations/8-10:bool include_topic_operations/8+:bool""", """
    throttle_time_ms/3+:i32 brokers:[ node_id:i32 host:str port:i32 rack/1+:str ]
    cluster_id/2+:str controller_id/1+:i32
    topics:[ error:i16 name:str id/10+:uuid internal/1+:bool
             partitions:[ error:i16 index:i32 leader:i32 leader_epoch/7+:i32 replicas:[ i32 ]
                          isr:[ i32 ] offline/5+:[ i32 ] ]
             operations/8+:i32 ]
    cluster_operations/8-10:i32 error/13+:i16""")

FIND_COORDINATOR = Api(10, 3, range(0, 7), """
    key/0-3:str key_type/1+:i8 keys/4+:[ str ]""", """
    throttle_time_ms/1+:i32 error/0-3:i16 error_message/1-3:str node_id/0-3:i32 host/0-3:str
    port/0-3:i32
    coordinators/4+:[ key:str node_id:i32 host:str port:i32 error:i16 error_message:str ]""")

API_VERSIONS = Api(18, 3, range(0, 5), "name/3+:str=\"e2e\" release/3+:str=\"1\"", """
    error:i16 keys:[ key:i16 low:i16 high:i16 ] throttle_time_ms/1+:i32""")

CREATE_TOPICS = Api(19, 5, range(2, 8), """
    topics:[ name:str partitions:i32=-1 replication_factor:i16=-1
             assignments:[ index:i32 brokers:[ i32 ] ]
             configs:[ name:str value:str ] ]
    timeout_ms:i32=30000 validate_only:bool""", """
    throttle_time_ms:i32
    topics:[ name:str id/7+:uuid error:i16 error_message:str partitions/5+:i32
             replication_factor/5+:i16
             configs/5+:[ name:str value:str read_only:bool source:i8 sensitive:bool ] ]""")

DELETE_TOPICS = Api(20, 4, range(1, 7), """
    topics/6+:[ name:str=null id:uuid ] names/0-5:[ str ] timeout_ms:i32=30000""", """
    throttle_time_ms:i32
    topics:[ name:str id/6+:uuid error:i16 error_message/5+:str ]""")

INIT_PRODUCER_ID = Api(22, 2, range(0, 6), """
    transactional_id:str=null timeout_ms:i32=60000 producer_id/3+:i64=-1 producer_epoch/3+:i16=-1
    enable_2pc/6+:bool keep_prepared/6+:bool""", """
    throttle_time_ms:i32 error:i16 producer_id:i64 producer_epoch:i16 ongoing_id/6+:i64
    ongoing_epoch/6+:i16""")

OFFSET_FOR_LEADER_EPOCH = Api(23, 4, range(2, 5), """
    replica_id/3+:i32=-2
    topics:[ name:str partitions:[ index:i32 current_leader_epoch:i32=-1 leader_epoch:i32 ] ]""",
                              """
    throttle_time_ms:i32
    topics:[ name:str partitions:[ error:i16 index:i32 leader_epoch:i32 end_offset:i64 ] ]""")

DESCRIBE_CONFIGS = Api(32, 4, range(1, 5), """
    resources:[ type:i8 name:str keys:[ str ] ] synonyms:bool documentation/3+:bool""", """
    throttle_time_ms:i32
    results:[ error:i16 error_message:str type:i8 name:str
              configs:[ name:str value:str read_only:bool source:i8 sensitive:bool
                        synonyms:[ name:str value:str source:i8 ] type/3+:i8
                        documentation/3+:str ] ]""")

CREATE_PARTITIONS = Api(37, 2, range(0, 4), """
    topics:[ name:str count:i32 assignments:[ brokers:[ i32 ] ] ] timeout_ms:i32=30000
    validate_only:bool""", """
    throttle_time_ms:i32 topics:[ name:str error:i16 error_message:str ]""")

DESCRIBE_CLUSTER = Api(60, 0, range(0, 3), """
    operations:bool endpoint_type/1+:i8=1 fenced/2+:bool""", """
    throttle_time_ms:i32 error:i16 error_message:str endpoint_type/1+:i8 cluster_id:str
    controller_id:i32 brokers:[ id:i32 host:str port:i32 rack:str fenced/2+:bool ]
    operations:i32""")

DESCRIBE_TOPIC_PARTITIONS = Api(75, 0, range(0, 1), """
    topics:[ name:str ] limit:i32=2000 cursor:{ topic:str partition:i32 }""", """
    throttle_time_ms:i32
    topics:[ error:i16 name:str id:uuid internal:bool
             partitions:[ error:i16 index:i32 leader:i32 leader_epoch:i32 replicas:[ i32 ]
                          isr:[ i32 ] eligible:[ i32 ] last_known:[ i32 ] offline:[ i32 ] ]
             operations:i32 ]
    next_cursor:{ topic:str partition:i32 }""")

APIS = [value for value in vars().values() if isinstance(value, Api)]


def create_topic(broker, name, partitions=1, **configs):
    """Its id."""
    answer = CREATE_TOPICS.ask(broker, 7, topics=[{
        "name": name, "partitions": partitions, "replication_factor": 1,
        "configs": [{"name": key.replace("_", "."), "value": str(value)}
                    for key, value in configs.items()]}])["topics"][0]
    assert answer["error"] == 0, answer
    return answer["id"]
