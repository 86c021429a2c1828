"""The requests and responses of administrators, as messages.py has the others."""
from messages import Api

DESCRIBE_LOG_DIRS = Api(35, 2, range(1, 5), """
    topics:[ name:str partitions:[ i32 ] ]""", """
    throttle_time_ms:i32 error/3+:i16
    results:[ error:i16 dir:str
              topics:[ name:str partitions:[ index:i32 size:i64 lag:i64 future:bool ] ]
              total/4+:i64 usable/4+:i64 ]""")

ALTER_REPLICA_LOG_DIRS = Api(34, 2, range(1, 3), """
    dirs:[ path:str topics:[ name:str partitions:[ i32 ] ] ]""", """
    throttle_time_ms:i32 results:[ name:str partitions:[ index:i32 error:i16 ] ]""")

ELECT_LEADERS = Api(43, 2, range(0, 3), """
    type/1+:i8 topics:[ name:str partitions:[ i32 ] ] timeout_ms:i32=30000""", """
    throttle_time_ms:i32 error/1+:i16
    results:[ name:str partitions:[ index:i32 error:i16 error_message:str ] ]""")

ALTER_REASSIGNMENTS = Api(45, 0, range(0, 2), """
    timeout_ms:i32=30000 allow_change/1+:bool=True
    topics:[ name:str partitions:[ index:i32 replicas:[ i32 ] ] ]""", """
    throttle_time_ms:i32 allow_change/1+:bool error:i16 error_message:str
    topics:[ name:str partitions:[ index:i32 error:i16 error_message:str ] ]""")

LIST_REASSIGNMENTS = Api(46, 0, range(0, 1), """
    timeout_ms:i32=30000 topics:[ name:str partitions:[ i32 ] ]""", """
    throttle_time_ms:i32 error:i16 error_message:str
    topics:[ name:str partitions:[ index:i32 replicas:[ i32 ] adding:[ i32 ] removing:[ i32 ] ] ]
    """)

DESCRIBE_PRODUCERS = Api(61, 0, range(0, 1), """
    topics:[ name:str partitions:[ i32 ] ]""", """
    throttle_time_ms:i32
    topics:[ name:str
             partitions:[ index:i32 error:i16 error_message:str
                          producers:[ id:i64 epoch:i32 sequence:i32 timestamp:i64
                                      coordinator_epoch:i32 start:i64 ] ] ]""")

UPDATE_FEATURES = Api(57, 0, range(0, 3), """
    timeout_ms:i32=30000
    features:[ name:str level:i16 downgrade/0-0:bool type/1+:i8=1 ]
    validate_only/1+:bool""", """
    throttle_time_ms:i32 error:i16 error_message:str
    results/0-1:[ name:str error:i16 error_message:str ]""")

DESCRIBE_QUORUM = Api(55, 0, range(0, 3), """
    topics:[ name:str partitions:[ index:i32 ] ]""", """
    error:i16 error_message/2+:str
    topics:[ name:str
             partitions:[ index:i32 error:i16 error_message/2+:str leader:i32 epoch:i32 end:i64
                          voters:[ id:i32 directory/2+:uuid end:i64 fetched/1+:i64
                                   caught_up/1+:i64 ]
                          observers:[ id:i32 directory/2+:uuid end:i64 fetched/1+:i64
                                      caught_up/1+:i64 ] ] ]
    nodes/2+:[ id:i32 listeners:[ name:str host:str port:u16 ] ]""")

LIST_TRANSACTIONS = Api(66, 0, range(0, 3), """
    states:[ str ] producers:[ i64 ] duration_ms/1+:i64=-1 pattern/2+:str=null""", """
    throttle_time_ms:i32 error:i16 unknown:[ str ]
    transactions:[ id:str producer:i64 state:str ]""")

DESCRIBE_TRANSACTIONS = Api(65, 0, range(0, 1), """
    ids:[ str ]""", """
    throttle_time_ms:i32
    transactions:[ error:i16 id:str state:str timeout_ms:i32 start_ms:i64 producer:i64 epoch:i16
                   topics:[ name:str partitions:[ i32 ] ] ]""")

DESCRIBE_ACLS = Api(29, 2, range(1, 4), """
    type:i8=1 name:str=null pattern:i8=3 principal:str=null host:str=null operation:i8=1
    permission:i8=1""", """
    throttle_time_ms:i32 error:i16 error_message:str
    resources:[ type:i8 name:str pattern:i8
                acls:[ principal:str host:str operation:i8 permission:i8 ] ]""")

CREATE_ACLS = Api(30, 2, range(1, 4), """
    creations:[ type:i8 name:str pattern:i8=3 principal:str host:str operation:i8 permission:i8 ]
    """, """
    throttle_time_ms:i32 results:[ error:i16 error_message:str ]""")

DELETE_ACLS = Api(31, 2, range(1, 4), """
    filters:[ type:i8=1 name:str=null pattern:i8=3 principal:str=null host:str=null operation:i8=1
              permission:i8=1 ]""", """
    throttle_time_ms:i32
    results:[ error:i16 error_message:str
              matching:[ error:i16 error_message:str type:i8 name:str pattern:i8 principal:str
                         host:str operation:i8 permission:i8 ] ]""")

CREATE_TOKEN = Api(38, 2, range(1, 4), """
    owner_type/3+:str=null owner_name/3+:str=null renewers:[ type:str name:str ]
    lifetime_ms:i64=-1""", """
    error:i16 type:str name:str requester_type/3+:str requester_name/3+:str issued:i64 expires:i64
    latest:i64 id:str hmac:bytes throttle_time_ms:i32""")

RENEW_TOKEN = Api(39, 2, range(1, 3), """
    hmac:bytes period_ms:i64""", """
    error:i16 expires:i64 throttle_time_ms:i32""")

EXPIRE_TOKEN = Api(40, 2, range(1, 3), """
    hmac:bytes period_ms:i64""", """
    error:i16 expires:i64 throttle_time_ms:i32""")

DESCRIBE_TOKEN = Api(41, 2, range(1, 4), """
    owners:[ type:str name:str ]""", """
    error:i16
    tokens:[ type:str name:str requester_type/3+:str requester_name/3+:str issued:i64 expires:i64
             latest:i64 id:str hmac:bytes renewers:[ type:str name:str ] ]
    throttle_time_ms:i32""")

DESCRIBE_SCRAM = Api(50, 0, range(0, 1), """
    users:[ name:str ]""", """
    throttle_time_ms:i32 error:i16 error_message:str
    results:[ user:str error:i16 error_message:str infos:[ mechanism:i8 iterations:i32 ] ]""")

ALTER_SCRAM = Api(51, 0, range(0, 1), """
    deletions:[ name:str mechanism:i8 ]
    upsertions:[ name:str mechanism:i8 iterations:i32 salt:bytes password:bytes ]""", """
    throttle_time_ms:i32 results:[ user:str error:i16 error_message:str ]""")

UNREGISTER_BROKER = Api(64, 0, range(0, 1), """
    broker:i32""", """
    throttle_time_ms:i32 error:i16 error_message:str""")

ADD_VOTER = Api(80, 0, range(0, 2), """
    cluster:str=null timeout_ms:i32=1000 voter:i32 directory:uuid
    listeners:[ name:str host:str port:u16 ] committed/1+:bool=True""", """
    throttle_time_ms:i32 error:i16 error_message:str""")

REMOVE_VOTER = Api(81, 0, range(0, 1), """
    cluster:str=null voter:i32 directory:uuid""", """
    throttle_time_ms:i32 error:i16 error_message:str""")

APIS = [value for value in vars().values() if isinstance(value, Api)]
