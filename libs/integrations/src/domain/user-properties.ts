import { z } from 'zod';

/** What is sent of the customer's purchases and experiments as properties of Statsig's user. */
export const userProperties = ['status', 'entitlements', 'product', 'store', 'experiments'] as const;
export type UserProperty = (typeof userProperties)[number];

export const userPropertiesSchema = z
  .array(z.enum(userProperties))
  .overwrite((given) => userProperties.filter((property) => given.includes(property)))
  .default([]);
