import { z } from 'zod';

/** Describes the settings of a schema that have always the same value in all of the values, or lack one of their options. */
export function* uncoveredSettings(
  schema: unknown,
  values: readonly unknown[],
  path = 'settings',
): Generator<string> {
  const maps = values.filter(
    (value): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  const never = (wanted: readonly unknown[]): string[] =>
    wanted.filter((one) => !values.includes(one)).map((one) => `${path} is never ${String(one)}`);

  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    yield* uncoveredSettings(schema.unwrap(), values, path);
  } else if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    const absent = schema instanceof z.ZodOptional ? undefined : null;
    yield* never([absent]);
    const others = values.filter((value) => value !== absent);
    yield* uncoveredSettings(schema.unwrap(), others, path);
  } else if (schema instanceof z.ZodObject) {
    for (const [name, member] of Object.entries(schema.shape)) {
      const members = maps.map((value) => value[name]);
      yield* uncoveredSettings(member, members, `${path}.${name}`);
    }
  } else if (schema instanceof z.ZodRecord) {
    yield* uncoveredSettings(
      schema.valueType,
      maps.flatMap((map) => Object.values(map)),
      `${path}.*`,
    );
  } else if (schema instanceof z.ZodArray) {
    yield* uncoveredSettings(schema.element, values.filter(Array.isArray).flat(), `${path}[]`);
  } else if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) yield* uncoveredSettings(option, values, path);
  } else if (schema instanceof z.ZodEnum || schema instanceof z.ZodBoolean) {
    yield* never(schema instanceof z.ZodEnum ? schema.options : [true, false]);
  } else if (new Set(values).size < 2) yield `${path} never changes`;
}
