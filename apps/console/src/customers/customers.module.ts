import { readProfile } from '@app/identity';
import { REDIS, type RedisClient } from '@app/platform';
import { Module } from '@nestjs/common';
import { ReadModel } from '../read-model/read-model';
import { Customers } from './customers';
import { CustomersController } from './customers.controller';

@Module({
  controllers: [CustomersController],
  providers: [
    {
      provide: Customers,
      useFactory: (model: ReadModel, redis: RedisClient) =>
        new Customers(model, (project, id) => readProfile(redis, project, id)),
      inject: [ReadModel, REDIS],
    },
  ],
})
export class CustomersModule {}
