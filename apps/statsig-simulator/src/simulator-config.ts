import { count, flag, list, platformConfig, port, secret } from '@app/platform';
import { z } from 'zod';

/** The accepted key if none are set. It is public, and has no meaning outside the simulator. */
export const localKey = 'secret-local';

export const simulatorConfig = z.object({
  ...platformConfig,
  SIMULATOR_PORT: port(8090).describe('Port of the simulated Statsig'),
  SIMULATOR_KEYS: secret(list().default([localKey])).describe(
    `Accepted values of the STATSIG-API-KEY header, separated by commas; "${localKey}" unless set`,
  ),
  SIMULATOR_INCLUDE_SANDBOX: flag(false).describe(
    'Whether sandbox events are ingested, as the switch in Statsig’s integration card does',
  ),
  SIMULATOR_MAX_BODY_BYTES: count(1_048_576).describe(
    'Largest request body, also once unzipped; larger is answered with 413. Statsig publishes no number',
  ),
  SIMULATOR_KEEP_EVENTS: count(500_000).describe('How many of the newest events are held'),
  SIMULATOR_KEEP_BYTES: count(268_435_456).describe(
    'How many bytes of requests are held; the oldest events go first, the counts stay',
  ),
});

export type SimulatorConfig = z.output<typeof simulatorConfig>;
