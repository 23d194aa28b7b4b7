import { Readiness } from './health';
import { OperationsServer } from './operations-server';

describe('the operations server', () => {
  let server: OperationsServer;
  let url: string;

  beforeEach(async () => {
    server = new OperationsServer({});
    url = await server.listen('127.0.0.1', 0);
  });

  afterEach(() => server.close());

  it('is live but not ready while the app starts', async () => {
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  });

  it('reports why the app is not ready', async () => {
    const report = { status: 'error' as const, details: { kafka: { status: 'down' as const } } };
    server.health = { report: () => Promise.resolve(report) };
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual(report);

    server.health = { report: () => Promise.resolve({ status: 'ok', details: {} }) };
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  it('responds with a problem if a check fails unexpectedly, and at any other URL', async () => {
    server.health = { report: () => Promise.reject(new Error('secret')) };
    for (const [path, status] of [
      ['health/ready', 500],
      ['nothing', 404],
    ] as const) {
      const response = await fetch(`${url}/${path}`);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ type: 'about:blank', status });
      expect(text).not.toContain('secret');
    }
  });

  it('responds with 405 to another method, and lists the supported ones', async () => {
    const response = await fetch(`${url}/metrics`, { method: 'POST' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('serves the metrics of the process', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('process_cpu_seconds_total');
  });

  it('runs the readiness checks when the metrics are read, and serves their results', async () => {
    const readiness = new Readiness();
    readiness.require('redis', () => 'Redis accepts no writes');
    readiness.require('kafka', () => Promise.resolve(undefined));
    readiness.require('broken', () => {
      throw new Error('a defect of the check');
    });
    server.beforeScrape = () => readiness.report('mapper');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('rcstatsig_ready{app="mapper",check="redis"} 0');
    expect(text).toContain('rcstatsig_ready{app="mapper",check="kafka"} 1');
    expect(text).toContain('rcstatsig_ready{app="mapper",check="broken"} 0');
  });
});
