import { count, flag, list, platformConfig, port, secret } from '@app/platform';
import { z } from 'zod';

/** The accepted key if none are set. It is public, and has no meaning outside the simulator. */
const localKey = 'secret-local';

export const simulatorConfig = z.object({
  ...platformConfig,
  SIMULATOR_PORT: port(8090).describe('Port of the simulated Statsig'),
  SIMULATOR_KEYS: secret(list().default([localKey])).describe(
    `Accepted values of the STATSIG-API-KEY header, comma-separated; "${localKey}" by default`,
  ),
  SIMULATOR_INCLUDE_SANDBOX: flag(false).describe(
    "Ingest sandbox events, like the switch in Statsig's integration settings",
  ),
  SIMULATOR_MAX_BODY_BYTES: count(1_048_576).describe(
    'Maximum size of a request body, before and after decompression; larger bodies get 413. Statsig does not publish its limit',
  ),
  SIMULATOR_KEEP_EVENTS: count(500_000).describe(
    'Maximum number of events kept; the oldest are removed first',
  ),
  SIMULATOR_KEEP_BYTES: count(268_435_456).describe(
    'Maximum size of the requests kept; the oldest events are removed first, their counts are kept',
  ),
});

export type SimulatorConfig = z.output<typeof simulatorConfig>;
