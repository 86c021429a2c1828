// @platformatic/kafka once through, with groups of both protocols: node platformatic.mjs HOST:PORT
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';

const RECORDS = 500;
const bootstrapBrokers = [process.argv[2]];

async function read(groupProtocol) {
  const consumer = new Consumer({
    groupId: groupProtocol, clientId: 'platformatic', bootstrapBrokers, groupProtocol,
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: ['platformatic'], mode: 'earliest', autocommit: false });
  let read = 0;
  for await (const message of stream) {
    await message.commit();
    if (++read === RECORDS) break;
  }
  await consumer.close(true);
}

const admin = new Admin({ clientId: 'platformatic', bootstrapBrokers });
await admin.createTopics({ topics: ['platformatic'], partitions: 2, replicas: 1 });
const producer = new Producer({
  clientId: 'platformatic', bootstrapBrokers, serializers: stringSerializers,
});
await producer.send({
  messages: Array.from({ length: RECORDS }, (_, i) => (
    { topic: 'platformatic', key: String(i), value: 'value' })),
});
await producer.close();
await read('classic');
await read('consumer');
await admin.deleteTopics({ topics: ['platformatic'] });
await admin.close();
console.log('read and committed', RECORDS);
