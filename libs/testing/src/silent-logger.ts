import { createLogger } from '@app/platform';

/** Writes nothing unless `TEST_LOG_LEVEL` is set. */
export const silentLogger = createLogger('test', process.env['TEST_LOG_LEVEL'] ?? 'silent');
