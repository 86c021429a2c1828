// kafkajs once through: node kafkajs.js HOST:PORT
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');

const RECORDS = 500;

async function read(kafka, groupId) {
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic: 'kafkajs', fromBeginning: true });
  let read = 0;
  await new Promise((done) => {
    consumer.run({ eachMessage: async () => { if (++read === RECORDS) done(); } });
  });
  await consumer.disconnect();
}

async function main(broker) {
  const kafka = new Kafka({ clientId: 'kafkajs', brokers: [broker], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'kafkajs', numPartitions: 3 }] });
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const messages = Array.from({ length: RECORDS }, (_, i) => (
    { key: String(i), value: 'value', headers: { header: 'kept' } }));
  await producer.send({ topic: 'kafkajs', acks: -1, compression: CompressionTypes.GZIP, messages });
  await producer.disconnect();
  await read(kafka, 'kafkajs-group');
  const [offsets] = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: ['kafkajs'] });
  const committed = offsets.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
  if (committed !== RECORDS) throw new Error(`${committed} are committed`);
  await admin.deleteTopicRecords({
    topic: 'kafkajs', partitions: [{ partition: 0, offset: '5' }],
  });
  const [first] = (await admin.fetchTopicOffsets('kafkajs')).filter((p) => p.partition === 0);
  if (first.low !== '5') throw new Error(`the log starts at ${first.low}`);
  await admin.deleteGroups(['kafkajs-group']);
  await admin.deleteTopics({ topics: ['kafkajs'] });
  await admin.disconnect();
  console.log('read and committed', RECORDS);
}

main(process.argv[2]).catch((error) => {
  console.log('failed:', error);
  process.exit(1);
});
