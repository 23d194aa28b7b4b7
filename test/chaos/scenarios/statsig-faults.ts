import { ChaosPipeline, withPipeline, pause } from '../chaos-pipeline';
import { outcome, type Scenario } from '../scenario';
import { compareDeliveries } from '../statsig-record';
import { TcpProxy } from '../tcp-proxy';
import { selfSigned, TlsProxy } from '../tls-proxy';

const possibleRepeats = 'rcstatsig_dispatcher_possible_repeats_total';
const unreadableMs = 600_000;
const rejectedMs = 60_000;
/** Each of the two dispatchers suspends the integration after ten rejections in a row. */
const maxDeadLetters = 20;

export const statsigErrorsAndLimits: Scenario = {
  name: 'Statsig responds with 500 to 30 % and with 429 and Retry-After to 20 %',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.statsig.faults(
        { kind: 'status', status: 500, probability: 0.3 },
        { kind: 'status', status: 429, retryAfter: 1, probability: 0.2 / 0.7 },
      );
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.produce();
      return outcome(await pipeline.drain());
    }),
};

export const statsigHang: Scenario = {
  name: 'Statsig does not respond for 60 s',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.statsig.faults({ kind: 'hang', forMs: 60_000 });
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.produce();
      return outcome(await pipeline.drain());
    }),
};

export const connectionResets: Scenario = {
  name: 'connections reset before and after Statsig accepted the request',
  isShort: true,
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      await pipeline.statsig.faults(
        { kind: 'reset', probability: 0.1 },
        { kind: 'accept-then-reset', probability: 0.05 },
      );
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.produce();
      const result = await pipeline.drain();
      const allowedRepeats = await pipeline.dispatchers.metric(possibleRepeats);
      return outcome(result, {
        allowedRepeats,
        notes: [`responses lost for ${String(allowedRepeats)} events, as counted by the dispatchers`],
      });
    }),
};

export const statsigOutage: Scenario = {
  name: 'Statsig unavailable for 3 minutes',
  run: async (settings) => {
    const { hostname, port } = new URL(settings.statsigUrl);
    const proxy = await TcpProxy.to(hostname, Number(port));
    const url = `http://127.0.0.1:${String(proxy.port)}`;
    const pipeline = await ChaosPipeline.open(settings, {
      env: { STATSIG_BASE_URL: url, STATSIG_EVENTS_URL: url },
    });
    try {
      await pipeline.dispatchers.scaleTo(2);
      await pipeline.dispatchers.ready();
      proxy.set({ kind: 'cut' });
      await pipeline.produce();
      await pause(180_000);
      proxy.set({ kind: 'none' });
      const back = performance.now();
      const result = await pipeline.drain();
      const allowedRepeats = await pipeline.dispatchers.metric(possibleRepeats);
      const took = Math.round((performance.now() - back) / 1_000);
      return outcome(result, { allowedRepeats, notes: [`all delivered ${String(took)} s after its return`] });
    } finally {
      await pipeline.close();
      proxy.close();
    }
  },
};

export const unreadableResponses: Scenario = {
  name: 'Statsig accepts with a body that is not JSON, cut off or too long, for ten minutes',
  run: (settings) =>
    withPipeline(settings, {}, async (pipeline) => {
      const overMs = unreadableMs * settings.timeScale;
      await pipeline.statsig.faults(
        { kind: 'garbage', accepted: true, probability: 1 / 3 },
        { kind: 'status', status: 200, bodyEnd: 'cut', accepted: true, probability: 1 / 2 },
        { kind: 'status', status: 200, bodyBytes: 1_000_000, accepted: true },
      );
      await pipeline.startApps();
      await pipeline.post({ perSecond: settings.events / (overMs / 1_000) });
      return outcome(await pipeline.drain());
    }),
};

export const methodNotAllowed: Scenario = {
  name: 'Statsig responds with 405 to everything for a minute',
  run: (settings) =>
    withPipeline(settings, { format: 'revenuecat' }, async (pipeline) => {
      await pipeline.startApps();
      await pipeline.statsig.faults({ kind: 'status', status: 405, forMs: rejectedMs });
      await pipeline.post({ perSecond: settings.events / ((rejectedMs + 10_000) / 1_000) });
      const drained = await pipeline.drain();
      const deadLettered = await pipeline.readDeadLetterIds();
      const others = [...pipeline.expected].filter((id) => !deadLettered.has(id));
      const failures =
        deadLettered.size <= maxDeadLetters ? [] : [`${String(deadLettered.size)} dead letters`];
      const delivered = compareDeliveries(new Set(others), await pipeline.statsig.events());
      return outcome(
        { ...drained, ...delivered },
        { notes: [`${String(deadLettered.size)} dead letters`], failures },
      );
    }),
};

export const untrustedCertificate: Scenario = {
  name: 'an untrusted TLS certificate of Statsig for a minute, with DISPATCHER_ON_AMBIGUOUS=dead_letter',
  run: async (settings) => {
    const [trusted, untrusted] = await Promise.all([
      selfSigned(settings.logFolder, 'trusted'),
      selfSigned(settings.logFolder, 'untrusted'),
    ]);
    const proxy = await TlsProxy.to(Number(new URL(settings.statsigUrl).port), trusted);
    const env = {
      STATSIG_BASE_URL: proxy.url,
      STATSIG_EVENTS_URL: proxy.url,
      NODE_EXTRA_CA_CERTS: trusted.pemFile,
      DISPATCHER_ON_AMBIGUOUS: 'dead_letter',
    };
    try {
      return await withPipeline(settings, { env }, async (pipeline) => {
        const quarter = { events: settings.events / 4, perSecond: settings.events / 40 };
        await pipeline.startApps();
        await pipeline.post({ ...quarter, prefix: 'before-' });
        // Waits until nothing is in flight, because replacing the certificate closes connections.
        await pipeline.drain();
        proxy.present(untrusted);
        await pipeline.post({
          events: settings.events / 2,
          perSecond: settings.events / 120,
          prefix: 'meanwhile-',
        });
        const early = (await pipeline.statsig.events()).filter(({ id }) =>
          id.startsWith('meanwhile-'),
        ).length;
        proxy.present(trusted);
        await pipeline.post({ ...quarter, prefix: 'after-' });
        const result = await pipeline.drain();
        const deadLettered = await pipeline.readDeadLetterIds();
        return outcome(result, {
          failures: [
            ...(early === 0 ? [] : [`${String(early)} events were sent to an untrusted server`]),
            ...(deadLettered.size === 0 ? [] : [`${String(deadLettered.size)} dead letters`]),
          ],
        });
      });
    } finally {
      proxy.close();
    }
  },
};
