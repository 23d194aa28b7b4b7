import { KAFKA_TOPICS, RecordProducer, type TopicNames } from '@app/kafka';
import { LOGGER, type Logger } from '@app/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { AuditLog } from '../audit/audit-log';
import { CONSOLE_CONFIG, type ConsoleConfig } from '../console.config';
import { AccessControl } from './access-control';
import { FailedSignIns } from './failed-sign-ins';
import { SessionController } from './session.controller';
import { Sessions } from './sessions';

/** Determines who makes a request, and records what they do. */
@Module({
  controllers: [SessionController],
  providers: [Sessions],
  exports: [Sessions, AccessControl, AuditLog, CONSOLE_CONFIG],
})
export class AuthModule {
  static with(config: ConsoleConfig, kafka: DynamicModule): DynamicModule {
    return {
      module: AuthModule,
      imports: [kafka],
      providers: [
        { provide: CONSOLE_CONFIG, useValue: config },
        {
          provide: AccessControl,
          useFactory: (sessions: Sessions) => new AccessControl(config, sessions),
          inject: [Sessions],
        },
        {
          provide: AuditLog,
          useFactory: (producer: RecordProducer, topics: TopicNames, access: AccessControl, logger: Logger) =>
            new AuditLog(producer, topics, access, logger),
          inject: [RecordProducer, KAFKA_TOPICS, AccessControl, LOGGER],
        },
        {
          provide: FailedSignIns,
          useFactory: (audit: AuditLog, logger: Logger) =>
            new FailedSignIns(config.CONSOLE_SIGN_INS_PER_MINUTE, audit, logger),
          inject: [AuditLog, LOGGER],
        },
      ],
    };
  }
}
