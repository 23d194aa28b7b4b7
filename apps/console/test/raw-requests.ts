import { request } from 'node:http';
import { connect } from 'node:net';

/** Requests the URL with the given host header, which `fetch` cannot set, and returns the status. */
export function statusWithHost(
  url: string,
  host: string,
  headers: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { ...headers, host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

/** Sends the bytes of an incomplete request, and returns the status of the response. */
export function statusOfPartialRequest(url: string, bytes: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket
      .once('data', (response) => {
        resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(response.toString())?.[1]));
        socket.destroy();
      })
      .once('error', reject)
      .setTimeout(5_000, () => {
        reject(new Error('no response within 5 s'));
        socket.destroy();
      });
  });
}
