import { createServer } from 'node:http';

/**
 * A minimal Statsig in a separate process: `node sink.ts <latency in ms>` prints its port. It rejects the
 * secret "revoked". `GET /` returns how many requests it received and how many events it accepted since the last `GET /`,
 * and when the first and the last request came.
 */
const latencyMs = Number(process.argv[2] ?? 0);
const fresh = () => ({ requests: 0, events: 0, firstMs: 0, lastMs: 0 });
let counts = fresh();
const responseBody = '{"success":true}';

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(counts));
    counts = fresh();
    return;
  }
  const nowMs = performance.timeOrigin + performance.now();
  if (counts.requests === 0) counts.firstMs = nowMs;
  counts.lastMs = nowMs;
  counts.requests += 1;
  request.resume();
  const status = request.headers['statsig-api-key'] === 'revoked' ? 401 : 200;
  if (status === 200) counts.events += Number(request.headers['statsig-event-count'] ?? 1);
  const reply = (): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': responseBody.length });
    response.end(responseBody);
  };
  if (latencyMs > 0) setTimeout(reply, latencyMs);
  else request.on('end', reply);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? String(address?.port) : ''}\n`);
});
