import { LOGGER, type Logger, REDIS, type RedisClient } from '@app/platform';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type z } from 'zod';
import { type lookupConfig, type profileConfig } from './identity-config';
import { CustomerLookup } from './lookup/customer-lookup';
import { RevenueCatApi } from './lookup/revenuecat-api';
import { ProfileStore } from './profile-store';

type IdentityConfig = z.output<z.ZodObject<typeof lookupConfig & typeof profileConfig>>;

/** The profiles of customers, and the lookups of new customers in RevenueCat. */
@Module({})
export class IdentityModule implements OnApplicationShutdown {
  constructor(private readonly revenueCat: RevenueCatApi) {}

  static with(config: IdentityConfig, redis: DynamicModule): DynamicModule {
    const lookupOptions = {
      timeoutMs: config.REVENUECAT_LOOKUP_TIMEOUT,
      absentMs: config.REVENUECAT_ABSENT_TTL,
    };
    return {
      module: IdentityModule,
      imports: [redis],
      providers: [
        {
          provide: ProfileStore,
          useFactory: (client: RedisClient) => new ProfileStore(client, { ttlMs: config.PROFILE_TTL }),
          inject: [REDIS],
        },
        { provide: RevenueCatApi, useFactory: () => new RevenueCatApi(config.REVENUECAT_API_URL) },
        {
          provide: CustomerLookup,
          useFactory: (client: RedisClient, revenueCat: RevenueCatApi, logger: Logger) =>
            new CustomerLookup(client, revenueCat, lookupOptions, logger),
          inject: [REDIS, RevenueCatApi, LOGGER],
        },
      ],
      exports: [ProfileStore, CustomerLookup],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.revenueCat.close();
  }
}
