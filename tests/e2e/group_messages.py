"""The requests and responses of consumer groups, as messages.py has the others."""
from messages import Api

OFFSET_COMMIT = Api(8, 8, range(2, 11), """
    group:str generation/1+:i32=-1 member/1+:str instance/7+:str=null retention_ms/2-4:i64=-1
    topics:[ name/0-9:str id/10+:uuid
             partitions:[ index:i32 offset:i64 epoch/6+:i32=-1 metadata:str ] ]""", """
    throttle_time_ms/3+:i32
    topics:[ name/0-9:str id/10+:uuid partitions:[ index:i32 error:i16 ] ]""")

OFFSET_FETCH = Api(9, 6, range(1, 11), """
    group/0-7:str topics/0-7:[ name:str partitions:[ i32 ] ]
    groups/8+:[ group:str member/9+:str=null epoch/9+:i32=-1
                topics:[ name/0-9:str id/10+:uuid partitions:[ i32 ] ] ]
    stable/7+:bool""", """
    throttle_time_ms/3+:i32
    topics/0-7:[ name:str partitions:[ index:i32 offset:i64 epoch/5+:i32 metadata:str error:i16 ] ]
    error/2-7:i16
    groups/8+:[ group:str
                topics:[ name/0-9:str id/10+:uuid
                         partitions:[ index:i32 offset:i64 epoch:i32 metadata:str error:i16 ] ]
                error:i16 ]""")

JOIN_GROUP = Api(11, 6, range(0, 10), """
    group:str session_ms:i32=10000 rebalance_ms/1+:i32=20000 member:str instance/5+:str=null
    type:str="consumer" protocols:[ name:str metadata:bytes ] reason/8+:str=null""", """
    throttle_time_ms/2+:i32 error:i16 generation:i32 type/7+:str name:str leader:str
    skip_assignment/9+:bool member:str
    members:[ member:str instance/5+:str metadata:bytes ]""")

HEARTBEAT = Api(12, 4, range(0, 5), """
    group:str generation:i32 member:str instance/3+:str=null""", """
    throttle_time_ms/1+:i32 error:i16""")

LEAVE_GROUP = Api(13, 4, range(0, 6), """
    group:str member/0-2:str
    members/3+:[ member:str instance:str=null reason/5+:str=null ]""", """
    throttle_time_ms/1+:i32 error:i16
    members/3+:[ member:str instance:str error:i16 ]""")

SYNC_GROUP = Api(14, 4, range(0, 6), """
    group:str generation:i32 member:str instance/3+:str=null type/5+:str="consumer"
    name/5+:str="range" assignments:[ member:str assignment:bytes ]""", """
    throttle_time_ms/1+:i32 error:i16 type/5+:str name/5+:str assignment:bytes""")

DESCRIBE_GROUPS = Api(15, 5, range(0, 7), """
    groups:[ str ] operations/3+:bool""", """
    throttle_time_ms/1+:i32
    groups:[ error:i16 error_message/6+:str group:str state:str type:str data:str
             members:[ member:str instance/4+:str client:str host:str metadata:bytes
                       assignment:bytes ]
             operations/3+:i32 ]""")

LIST_GROUPS = Api(16, 3, range(0, 6), """
    states/4+:[ str ] types/5+:[ str ]""", """
    throttle_time_ms/1+:i32 error:i16
    groups:[ group:str type:str state/4+:str kind/5+:str ]""")

DELETE_GROUPS = Api(42, 2, range(0, 3), """
    groups:[ str ]""", """
    throttle_time_ms:i32 results:[ group:str error:i16 ]""")

OFFSET_DELETE = Api(47, 1, range(0, 1), """
    group:str topics:[ name:str partitions:[ index:i32 ] ]""", """
    error:i16 throttle_time_ms:i32 topics:[ name:str partitions:[ index:i32 error:i16 ] ]""")

CONSUMER_HEARTBEAT = Api(68, 0, range(0, 2), """
    group:str member:str epoch:i32 instance:str=null rack:str=null rebalance_ms:i32=-1
    topics:[ str ] pattern/1+:str=null assignor:str=null
    owned:[ id:uuid partitions:[ i32 ] ]""", """
    throttle_time_ms:i32 error:i16 error_message:str member:str epoch:i32 interval_ms:i32
    assignment:{ topics:[ id:uuid partitions:[ i32 ] ] }""")

# The tags of a structure that lies in another one are a field of their own here.
CONSUMER_DESCRIBE = Api(69, 0, range(0, 2), """
    groups:[ str ] operations:bool""", """
    throttle_time_ms:i32
    groups:[ error:i16 error_message:str group:str state:str epoch:i32 target_epoch:i32
             assignor:str
             members:[ member:str instance:str rack:str epoch:i32 client:str host:str
                       topics:[ str ] pattern:str
                       assigned:[ id:uuid name:str partitions:[ i32 ] ] assigned_tags:i8
                       target:[ id:uuid name:str partitions:[ i32 ] ] target_tags:i8
                       kind/1+:i8 ]
             operations:i32 ]""")

APIS = [value for value in vars().values() if isinstance(value, Api)]
