import { type ServerResponse } from 'node:http';
import { type PartialResponse } from './outcomes';

const trickleIntervalMs = 20;

/** Sends the status, the headers, and a body that ends too early or never. */
export function sendPartially(response: ServerResponse, partial: PartialResponse): void {
  if (partial.bodyEnd === 'cut') cut(response, partial);
  else trickle(response, partial);
}

function cut(response: ServerResponse, { status, headers, body }: PartialResponse): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': Math.max(1, bytes.length) });
  response.flushHeaders();
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}

function trickle(response: ServerResponse, { status, headers, body }: PartialResponse): void {
  const bytes = Buffer.from(body);
  let sent = 0;
  response.writeHead(status, headers).flushHeaders();
  const timer = setInterval(() => {
    response.write(sent < bytes.length ? bytes.subarray(sent, sent + 1) : ' ');
    sent += 1;
  }, trickleIntervalMs);
  response.on('close', () => {
    clearInterval(timer);
  });
}
