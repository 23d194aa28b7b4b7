import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { monotonicMs } from '../monotonic-ms';
import { eventIdsOf } from './event-ids';
import { type Arrival } from './start-receiver';

/**
 * A minimal Statsig in a separate process, which prints its port. It accepts every event and remembers when it arrived.
 * `GET /count` returns the number of events, and of those that arrived more than once; `GET /arrivals` returns the ids and
 * times of the events since the last `GET /arrivals`.
 */
const seen = new Set<string>();
let repeats = 0;
let arrivals: Arrival[] = [];

function respond(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const arrivedMs = monotonicMs();
  response.setHeader('content-type', 'application/json');
  if (request.url === '/count') {
    response.end(JSON.stringify({ events: seen.size, repeats }));
    return;
  }
  if (request.url === '/arrivals') {
    response.end(JSON.stringify(arrivals));
    arrivals = [];
    return;
  }
  response.end('{"success":true}');
  // After the response, so that reading the body delays no one.
  const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  for (const id of eventIdsOf(text.toString())) {
    if (seen.has(id)) {
      repeats += 1;
      continue;
    }
    seen.add(id);
    arrivals.push([id, arrivedMs]);
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    respond(request, response, Buffer.concat(chunks));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? String(address?.port) : ''}\n`);
});
