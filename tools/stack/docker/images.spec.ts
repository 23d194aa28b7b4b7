import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { images } from './images';

const read = (file: string): Promise<string> => readFile(path.resolve(__dirname, '../../..', file), 'utf8');

it('uses the images of docker-compose.yml and the same Kafka version as local processes', async () => {
  const compose = await read('docker-compose.yml');
  for (const image of Object.values(images)) expect(compose).toContain(`image: ${image}\n`);
  const version = images.kafka.split(':')[1] ?? '';
  expect(await read('tools/stack/kafka/pom.xml')).toContain(`<kafka.version>${version}</kafka.version>`);
});
