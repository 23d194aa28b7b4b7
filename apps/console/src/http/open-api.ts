import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { type z } from 'zod';
import { ConsoleModule } from '../console.module';
import { jsonSchemaOf } from './json-schema';

/** Describes the API at /api/openapi.json, from the controllers and their schemas. */
export function describeApi(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle('revenuecat-statsig console')
    .setDescription(
      'What people do in the console, and programs do without it. Programs send the token as a bearer token.',
    )
    .setVersion('1')
    // The version whose schemas are JSON Schema.
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const describe = () =>
    SwaggerModule.createDocument(app, about, {
      // Health and metrics are of every app, and no part of this API.
      include: [ConsoleModule],
      // All schemas here are zod’s.
      standardSchemaConverter: (schema, { schemaType }) => jsonSchemaOf(schema as z.ZodType, schemaType),
    });
  SwaggerModule.setup('api/docs', app, describe, {
    ui: false,
    raw: ['json'],
    jsonDocumentUrl: 'api/openapi.json',
  });
}
