import { forgetCustomer } from '@app/identity';
import { projectIdSchema } from '@app/integrations';
import { connectRedis, createLogger, readConfig, redisConfig } from '@app/platform';
import { Command } from 'commander';
import { z } from 'zod';

const config = z.object({ ...redisConfig, PROJECT_ID: projectIdSchema.default('default') });

/** Erases a customer's profile, by any of their ids: docs/privacy.md says what stays elsewhere, and for how long. */
export function forgetCommand(): Command {
  return new Command('forget')
    .description('Forget a customer: erase their profile and every id that leads to it.')
    .argument('<id>', "any id of the customer; quote an anonymous one, as in '$RCAnonymousID:…'")
    .option('--project <id>', 'the customer’s project; PROJECT_ID unless given')
    .action(async (id: string, { project }: { project?: string }) => {
      const { PROJECT_ID, ...redisSettings } = readConfig(config, {
        ...process.env,
        ...(project !== undefined && { PROJECT_ID: project }),
      });
      const redis = connectRedis(redisSettings, createLogger('cli', 'warn'));
      try {
        const erased = await forgetCustomer(redis, PROJECT_ID, id);
        process.stdout.write(
          erased.length === 0
            ? `Nobody in project "${PROJECT_ID}" is known by "${id}"; nothing was erased.\n`
            : `Forgotten in project "${PROJECT_ID}": ${erased.map((each) => `"${each}"`).join(', ')}.\n`,
        );
      } finally {
        redis.disconnect();
      }
    });
}
