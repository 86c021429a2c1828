import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Fills a broker with what a takeover must not lose, and prints what is there, one line a thing, so
 * that two prints can be compared.
 *
 *     Takeover fill SERVER TAG     topics of every kind, transactions; names end in TAG
 *     Takeover settings SERVER     quotas, credentials, ACLs, configurations, group offsets
 *     Takeover records SERVER      every topic's id and configuration, every partition's records
 *     Takeover all SERVER          that and everything of `settings`
 */
public class Takeover {
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};

    public static void main(String[] arguments) throws Exception {
        String server = arguments[1];
        switch (arguments[0]) {
            case "fill" -> fill(server, arguments[2]);
            case "settings" -> settings(server);
            case "records" -> records(server);
            case "all" -> {
                records(server);
                printSettings(server);
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static Properties client(String server) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", server);
        return properties;
    }

    private static KafkaProducer<String, String> producer(String server, String... pairs) {
        Properties properties = client(server);
        for (int i = 0; i < pairs.length; i += 2)
            properties.put(pairs[i], pairs[i + 1]);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    /** Topics and records. */
    private static void fill(String server, String tag) throws Exception {
        try (Admin admin = Admin.create(client(server))) {
            admin.createTopics(List.of(
                new NewTopic("plain" + tag, 3, (short) 1),
                new NewTopic("stamped" + tag, 1, (short) 1)
                    .configs(Map.of("message.timestamp.type", "LogAppendTime")),
                new NewTopic("compacted" + tag, 1, (short) 1)
                    .configs(Map.of("cleanup.policy", "compact", "segment.ms", "1000",
                                    "min.cleanable.dirty.ratio", "0.01",
                                    "min.compaction.lag.ms", "0")),
                new NewTopic("transactions" + tag, 2, (short) 1),
                new NewTopic("deleted" + tag, 2, (short) 1))).all().get();
            for (int i = 0; i < CODECS.length; i++)
                send(server, "plain" + tag, 40, 100, "compression.type", CODECS[i]);
            send(server, "stamped" + tag, 10, 30, "compression.type", "zstd");
            for (int i = 0; i < 3; i++) {
                send(server, "compacted" + tag, 5, 200);
                Thread.sleep(i < 2 ? 1100 : 0);
            }
            send(server, "deleted" + tag, 10, 10);
            transactions(server, tag);
            admin.deleteTopics(List.of("deleted" + tag)).all().get();
        }
    }

    private static void send(String server, String topic, int keys, int count, String... pairs) {
        try (KafkaProducer<String, String> producer = producer(server, pairs)) {
            for (int i = 0; i < count; i++)
                producer.send(new ProducerRecord<>(topic, "key " + i % keys, topic + " " + i));
        }
    }

    /** Committed, aborted, and, in partition 1, one that stays open. */
    private static void transactions(String server, String tag) throws Exception {
        String topic = "transactions" + tag;
        try (KafkaProducer<String, String> one = producer(server, "transactional.id", "one" + tag)) {
            one.initTransactions();
            for (int turn = 0; turn < 6; turn++) {
                one.beginTransaction();
                for (int i = 0; i < 10; i++)
                    one.send(new ProducerRecord<>(topic, turn == 5 ? 1 : 0, "k", "turn " + turn));
                one.flush();
                if (turn % 2 == 0)
                    one.commitTransaction();
                else
                    one.abortTransaction();
            }
        }
        KafkaProducer<String, String> open =
            producer(server, "transactional.id", "open" + tag, "transaction.timeout.ms", "900000");
        open.initTransactions();
        open.beginTransaction();
        open.send(new ProducerRecord<>(topic, 1, "k", "open")).get();
        try (KafkaProducer<String, String> other = producer(server)) {
            other.send(new ProducerRecord<>(topic, 1, "k", "behind")).get();
        }
        /* Without a timeout the close would abort what is to stay open. */
        open.close(Duration.ZERO);
    }

    /** What the catalog and the coordinators hold. */
    private static void settings(String server) throws Exception {
        try (Admin admin = Admin.create(client(server))) {
            ClientQuotaEntity entity = new ClientQuotaEntity(Map.of("user", "u", "client-id", "c"));
            admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity,
                List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 12345.0))))).all().get();
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("alice",
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "secret"))).all().get();
            admin.createAcls(List.of(acl("alice"), acl("bob"))).all().get();
            admin.deleteAcls(List.of(acl("bob").toFilter())).all().get();
            admin.incrementalAlterConfigs(Map.of(
                resource(ConfigResource.Type.BROKER, ""), set("log.retention.ms", "987654321"),
                resource(ConfigResource.Type.BROKER, "1"), set("log.cleaner.threads", "2"),
                resource(ConfigResource.Type.GROUP, "g"), set("consumer.session.timeout.ms", "50000"),
                resource(ConfigResource.Type.CLIENT_METRICS, "m"), set("interval.ms", "60000")
            )).all().get();
            admin.alterConsumerGroupOffsets("g", Map.of(new TopicPartition("plain1", 0),
                new OffsetAndMetadata(7, "metadata"))).all().get();
        }
    }

    private static AclBinding acl(String user) {
        return new AclBinding(new ResourcePattern(ResourceType.TOPIC, "t", PatternType.PREFIXED),
            new AccessControlEntry("User:" + user, "*", AclOperation.READ, AclPermissionType.ALLOW));
    }

    private static ConfigResource resource(ConfigResource.Type type, String name) {
        return new ConfigResource(type, name);
    }

    private static Collection<AlterConfigOp> set(String name, String value) {
        return List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
    }

    private static void printSettings(String server) throws Exception {
        try (Admin admin = Admin.create(client(server))) {
            admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get()
                .forEach((entity, values) -> System.out.println("quota " + entity + " " + values));
            admin.describeUserScramCredentials().all().get()
                .forEach((user, description) -> System.out.println("scram " + description));
            for (AclBinding binding : admin.describeAcls(AclBindingFilter.ANY).values().get())
                System.out.println("acl " + binding);
            printConfigs(admin, List.of(
                resource(ConfigResource.Type.BROKER, ""), resource(ConfigResource.Type.BROKER, "1"),
                resource(ConfigResource.Type.GROUP, "g"),
                resource(ConfigResource.Type.CLIENT_METRICS, "m")));
            System.out.println("group " + admin.listConsumerGroupOffsets("g")
                .partitionsToOffsetAndMetadata().get());
            Map<String, String> features = new TreeMap<>();
            admin.describeFeatures().featureMetadata().get().finalizedFeatures()
                .forEach((name, range) -> features.put(name, range.toString()));
            System.out.println("features " + features);
        }
    }

    /** What was set while running, for all brokers too, but not what a configuration file says. */
    private static void printConfigs(Admin admin, List<ConfigResource> resources)
            throws ExecutionException, InterruptedException {
        Set<String> lines = new TreeSet<>();
        admin.describeConfigs(resources).all().get().forEach((resource, config) -> {
            for (ConfigEntry entry : config.entries())
                if (entry.source().name().startsWith("DYNAMIC"))
                    lines.add("config " + resource + " " + entry.name() + "=" + entry.value() + " "
                              + entry.source());
        });
        lines.forEach(System.out::println);
    }

    private static void records(String server) throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        try (Admin admin = Admin.create(client(server))) {
            List<ConfigResource> resources = new ArrayList<>();
            Set<String> names = new TreeSet<>(admin.listTopics().names().get());
            Map<String, TopicDescription> topics =
                new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
            for (TopicDescription topic : topics.values()) {
                System.out.println("topic " + topic.name() + " " + topic.topicId() + " "
                                   + topic.partitions().size());
                resources.add(resource(ConfigResource.Type.TOPIC, topic.name()));
                topic.partitions().forEach(
                    p -> partitions.add(new TopicPartition(topic.name(), p.partition())));
            }
            printConfigs(admin, resources);
        }
        for (String isolation : List.of("read_uncommitted", "read_committed"))
            for (TopicPartition partition : partitions)
                System.out.println(isolation + " " + digest(server, partition, isolation));
    }

    /** Start, end and a digest of everything between them. */
    private static String digest(String server, TopicPartition partition, String isolation)
            throws Exception {
        Properties properties = client(server);
        properties.put("isolation.level", isolation);
        properties.put("allow.auto.create.topics", "false");
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        long count = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Set<TopicPartition> one = Set.of(partition);
            consumer.assign(one);
            consumer.seekToBeginning(one);
            long start = consumer.position(partition);
            long end = consumer.endOffsets(one).get(partition);
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (consumer.position(partition) < end) {
                if (System.nanoTime() > deadline)
                    return partition + " stuck at " + consumer.position(partition) + " of " + end;
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    digest.update(text(record).getBytes(StandardCharsets.UTF_8));
                    count++;
                }
            }
            return partition + " " + start + " " + end + " " + count + " "
                   + HexFormat.of().formatHex(digest.digest(), 0, 8);
        }
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        HexFormat hex = HexFormat.of();
        return record.offset() + " " + record.timestamp() + " " + record.timestampType() + " "
               + (record.key() == null ? "-" : hex.formatHex(record.key())) + " "
               + (record.value() == null ? "-" : hex.formatHex(record.value())) + "\n";
    }
}
