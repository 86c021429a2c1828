// A consumer of the new protocol that subscribes by a pattern which the broker resolves: prints the
// values of so many records, then commits and leaves.

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.serialization.StringDeserializer;

public final class Patterns {
    private static final long WAIT_MS_MAX = 30000;

    private Patterns() {}

    /** --bootstrap-server SERVER GROUP PATTERN COUNT. */
    public static void main(String[] words) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", words[1]);
        properties.put("group.id", words[2]);
        properties.put("group.protocol", "consumer");
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        StringDeserializer text = new StringDeserializer();
        int left = Integer.parseInt(words[4]);
        long end = System.currentTimeMillis() + WAIT_MS_MAX;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties, text, text)) {
            consumer.subscribe(new SubscriptionPattern(words[3]));
            while (left > 0 && System.currentTimeMillis() < end) {
                for (ConsumerRecord<String, String> found : consumer.poll(Duration.ofMillis(200))) {
                    System.out.println(found.topic() + " " + found.value());
                    left--;
                }
            }
            consumer.commitSync();
        }
    }
}
