// The Go clients that people use, each once through: topics, records, a group, its offsets.
//
//	go run . franz-go|sarama|kafka-go HOST:PORT
//
// Ends with a line that tells what was read and committed; anything else is a failure.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
	segment "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const records = 500

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// With a group of the classic protocol, and then the same records with one of KIP-848.
func franzGo(ctx context.Context, broker string) {
	const topic = "franz-go"
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	must(err)
	admin := kadm.NewClient(client)
	_, err = admin.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": kadm.StringPtr("86400000")}, topic)
	must(err)
	for i := 0; i < records; i++ {
		client.Produce(ctx, kgo.KeyStringRecord(fmt.Sprint(i), "value"), func(_ *kgo.Record, err error) { must(err) })
	}
	must(client.Flush(ctx))
	for _, group := range []string{"classic", "consumer"} {
		if group == "consumer" {
			ctx = context.WithValue(ctx, "opt_in_kafka_next_gen_balancer_beta", true)
		}
		readFranz(ctx, broker, topic, group)
		committed, err := admin.FetchOffsets(ctx, group)
		must(err)
		sum := int64(0)
		committed.Each(func(offset kadm.OffsetResponse) { sum += offset.At })
		if sum != records {
			must(fmt.Errorf("%d are committed by group %s", sum, group))
		}
	}
	described, err := admin.DescribeConsumerGroups(ctx, "consumer")
	must(err)
	must(described["consumer"].Err)
	configs, err := admin.DescribeTopicConfigs(ctx, topic)
	must(err)
	for _, config := range configs[0].Configs {
		if config.Key == "retention.ms" && config.MaybeValue() != "86400000" {
			must(fmt.Errorf("retention.ms is %s", config.MaybeValue()))
		}
	}
	_, err = admin.DeleteTopics(ctx, topic)
	must(err)
	client.Close()
}

func readFranz(ctx context.Context, broker, topic, group string) {
	reader, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group),
		kgo.WithContext(ctx), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	must(err)
	for n := 0; n < records; {
		fetches := reader.PollFetches(ctx)
		for _, failed := range fetches.Errors() {
			must(failed.Err)
		}
		n += fetches.NumRecords()
	}
	must(reader.CommitUncommittedOffsets(ctx))
	reader.Close()
}

// A sarama.ConsumerGroupHandler that leaves after the last record.
type saramaReader struct {
	read  int
	leave context.CancelFunc
}

func (r *saramaReader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (r *saramaReader) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (r *saramaReader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			session.MarkMessage(message, "")
			if r.read++; r.read == records {
				r.leave()
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func saramaIBM(ctx context.Context, broker string) {
	const topic, group = "sarama", "sarama-group"
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Net.MaxOpenRequests = 1
	config.Producer.Return.Successes = true
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Compression = sarama.CompressionLZ4
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	admin, err := sarama.NewClusterAdmin([]string{broker}, config)
	must(err)
	must(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false))
	producer, err := sarama.NewSyncProducer([]string{broker}, config)
	must(err)
	for i := 0; i < records; i++ {
		_, offset, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("value")})
		must(err)
		if offset != int64(i) {
			must(fmt.Errorf("record %d has offset %d", i, offset))
		}
	}
	must(producer.Close())
	consumers, err := sarama.NewConsumerGroup([]string{broker}, group, config)
	must(err)
	reading, leave := context.WithCancel(ctx)
	reader := &saramaReader{leave: leave}
	for reading.Err() == nil {
		must(consumers.Consume(reading, []string{topic}, reader))
	}
	must(consumers.Close())
	offsets, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})
	must(err)
	if committed := offsets.Blocks[topic][0].Offset; committed != records {
		must(fmt.Errorf("%d is committed", committed))
	}
	must(admin.DeleteConsumerGroup(group))
	must(admin.DeleteTopic(topic))
	must(admin.Close())
}

func kafkaGo(ctx context.Context, broker string) {
	const topic, group = "kafka-go", "kafka-go-group"
	connection, err := segment.Dial("tcp", broker)
	must(err)
	must(connection.CreateTopics(segment.TopicConfig{Topic: topic, NumPartitions: 2, ReplicationFactor: 1}))
	writer := &segment.Writer{Addr: segment.TCP(broker), Topic: topic, RequiredAcks: segment.RequireAll,
		BatchTimeout: time.Millisecond, Compression: segment.Snappy}
	messages := make([]segment.Message, records)
	for i := range messages {
		messages[i] = segment.Message{Key: []byte(fmt.Sprint(i)), Value: []byte("value")}
	}
	must(writer.WriteMessages(ctx, messages...))
	must(writer.Close())
	reader := segment.NewReader(segment.ReaderConfig{Brokers: []string{broker}, GroupID: group, Topic: topic,
		MaxWait: 100 * time.Millisecond, StartOffset: segment.FirstOffset})
	for i := 0; i < records; i++ {
		_, err := reader.ReadMessage(ctx)
		must(err)
	}
	must(reader.Close())
	client := &segment.Client{Addr: segment.TCP(broker)}
	committed, err := client.OffsetFetch(ctx, &segment.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0, 1}}})
	must(err)
	sum := int64(0)
	for _, partition := range committed.Topics[topic] {
		must(partition.Error)
		sum += partition.CommittedOffset
	}
	if sum != records {
		must(fmt.Errorf("%d are committed", sum))
	}
	must(connection.DeleteTopics(topic))
	must(connection.Close())
}

func main() {
	clients := map[string]func(context.Context, string){"franz-go": franzGo, "sarama": saramaIBM, "kafka-go": kafkaGo}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	clients[os.Args[1]](ctx, os.Args[2])
	fmt.Println("read and committed", records)
}
