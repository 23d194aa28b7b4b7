import { BadRequestException } from '@nestjs/common';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a non-empty string, otherwise undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function requireObject(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw invalidShape(where, 'an object', value);
  return value;
}

export function requireText(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw invalidShape(where, 'a non-empty string', value);
  return value;
}

export function optionalObject(value: unknown, where: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : requireObject(value, where);
}

/** Creates an error that names the invalid part of the body and what was expected. */
export function invalidShape(where: string, expected: string, found: unknown): BadRequestException {
  return new BadRequestException(`${where} must be ${expected}, but is ${describe(found)}.`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return value === '' ? 'empty' : `of type ${typeof value}`;
}
