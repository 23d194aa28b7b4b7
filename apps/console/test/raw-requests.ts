import { request } from 'node:http';
import { connect } from 'node:net';

/** The status of a request for the list of events that names this host, as `fetch` cannot. */
export function statusWithHost(url: string, host: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/api/events`, { headers: { ...headers, host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

/** The status of the response to what is sent as it is, of which no more follows. */
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
        reject(new Error('there is no response'));
        socket.destroy();
      });
  });
}
