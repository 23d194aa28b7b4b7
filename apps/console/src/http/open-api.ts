import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { type z } from 'zod';
import { apiModules } from '../console.module';
import { jsonSchemaOf, problemSchemas } from './json-schema';

/** Describes the API at /api/openapi.json, from the controllers and their schemas. */
export function describeApi(app: NestFastifyApplication): void {
  const about = new DocumentBuilder()
    .setTitle('revenuecat-statsig console')
    .setDescription(
      'The API of the console, for its pages and for other clients. Clients send CONSOLE_TOKEN as a bearer token.',
    )
    .setVersion('1')
    // Schemas of OpenAPI 3.1 are JSON Schema.
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const description = { ...about, components: { ...about.components, schemas: problemSchemas.components } };
  const describe = () =>
    SwaggerModule.createDocument(app, description, {
      // Excludes health and metrics, which every app has and which are not part of this API.
      include: apiModules,
      // All schemas here are zod schemas.
      standardSchemaConverter: (schema, { schemaType }) => jsonSchemaOf(schema as z.ZodType, schemaType),
    });
  SwaggerModule.setup('api/docs', app, describe, {
    ui: false,
    raw: ['json'],
    jsonDocumentUrl: 'api/openapi.json',
  });
}
